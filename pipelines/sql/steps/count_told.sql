-- Cells (those of a rate), each with whether the table of the count that is one of its parts hides, or tells, this figure.
-- A zero of which the count has no row, where the area has others, counts nobody: it is told.
select
    cell.*, coalesce(counted.is_suppressed, false) as {hidden},
    coalesce(
        not counted.is_suppressed,
        {part} = 0 and (cell.cohort, {period}, cell.area) in (
            select (cohort, period, area) from general.reading where indicator = {count} and grain = $grain
        ),
        false
    ) as {told}
from {cells} as cell
left join (
    select g.cohort, g.grain, g.area, g.industry, g.period, g.is_suppressed, r.numerator
    from general.reading as g
    join restricted.reading as r using (indicator, area, industry, cohort, grain, period)
    where g.indicator = {count} and g.known_to is null and r.known_from <= $cutoff_at
        and (r.known_to is null or r.known_to > $cutoff_at)
) as counted
    on counted.cohort = cell.cohort and counted.grain = cell.grain and counted.area = cell.area
    and counted.industry = cell.industry and counted.period = {period} and counted.numerator = {part}
order by all
