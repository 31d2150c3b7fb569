-- The rules with their steps.
-- unwatched: terms of rules
select
    rule_id, title, kind, indicator, scope, level, min_strength, min_ratio, min_people, line, margin, min_base, window_days,
    leave_after, basis, effective_from, effective_to, is_enabled, status, max_p, window_periods,
    enter_k, enter_n, leave_line, cool_down_days, raise_by, author, approver, cohort, staff_least, staff_most, industries
from rule
order by rule_id, level desc, effective_from, staff_least, min_people, min_ratio, line
