-- Early warnings that name an employer: those open, and those lifted since a day, with what its headcounts say.
-- watched: people, insured, insured_before
-- employers: employer
select
    e.episode_id, e.rule_id, coalesce(r.kind, e.kind) as kind, e.indicator, e.area, e.industry, e.employer,
    e.employer_name, e.level, e.status, e.opened_on, e.changed_on, e.closed_on,
    e.window_from, e.window_to, e.data_to, e.observed, e.expected,
    e.p, e.people, e.line, r.title as rule_title, size.insured, size.period as counted_on,
    before.insured as insured_before, before.period as counted_before
from episode as e
left join (select rule_id, max(title) as title, max(kind) as kind from rule group by rule_id) as r
    on e.rule_id = r.rule_id
left join employer as size on size.employer = e.employer
left join (
    select employer, insured, period, row_number() over (partition by employer order by period, known_from desc) as place
    from employer_history
) as before on before.employer = e.employer and before.place = 1 and before.period < size.period
where e.employer is not null and (e.status = 'open' or e.closed_on >= $closed_since)
order by e.status desc, e.level, e.people desc nulls last, e.episode_id
