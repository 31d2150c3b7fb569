-- One early warning with the title of its rule.
-- watched: people
-- employers: employer
select
    e.episode_id, e.rule_id, coalesce(r.kind, e.kind) as kind, e.indicator, e.area, e.industry, e.employer,
    e.employer_name, e.level, e.status, e.opened_on, e.changed_on, e.closed_on, e.close_reason, e.window_from,
    e.window_to, e.data_to, e.observed, e.expected, e.lo, e.hi, e.p, e.people, e.line, e.observed_band, e.people_band,
    e.judged_to, e.quiet_periods, e.rule_hash, r.title as rule_title, told.agreement
from episode as e
left join (select rule_id, max(title) as title, max(kind) as kind from rule group by rule_id) as r
    on e.rule_id = r.rule_id
left join (select distinct episode_id, agreement from corroboration) as told on e.episode_id = told.episode_id
where e.episode_id = $episode_id
