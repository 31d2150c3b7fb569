-- What this edition says otherwise of periods told before, totals of all industries, the largest changes first.
-- people: the smaller of the two figures where it counts people, so that who sees a small one is entered.
-- watched: people
select
    revision.indicator, revision.area, revision.grain, revision.period, revision.value_before, revision.value,
    revision.is_provisional, revision.reason, revision.files, count(*) over () as changes,
    case when not indicator.is_ratio then least(revision.value_before, revision.value) end as people
from revision
join indicator on indicator.indicator = revision.indicator
where revision.cohort = 'all' and revision.industry = 'ALL'
order by abs(revision.value - revision.value_before) / nullif(abs(revision.value_before), 0) desc nulls first,
    revision.indicator, revision.area, revision.grain, revision.period desc
limit 40
