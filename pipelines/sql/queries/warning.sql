-- One early warning with the rule it stands on.
select
    e.episode_id, e.rule_id, e.kind, e.indicator, e.area, e.industry, e.employer, e.employer_name, e.level, e.status,
    e.opened_on, e.changed_on, e.closed_on, e.close_reason, e.window_from, e.window_to, e.data_to, e.observed,
    e.expected, e.lo, e.hi, e.p, e.people, e.line, e.observed_band, e.people_band, r.title as rule_title,
    r.basis, r.p_max, r.min_ratio, r.min_people, r.line as rule_line, r.margin, r.leave_after
from episode as e
left join rule as r
    on e.rule_id = r.rule_id and e.level = r.level and r.effective_from <= e.opened_on
    and (r.effective_to is null or r.effective_to >= e.opened_on)
where e.episode_id = $episode_id
