-- The cells of the chosen tables of an indicator and grain, and what the general file says of them so far.
-- is_void: there is nobody whom the cell could count, as everybody sees because its rate has no row there. was_shown: told
-- with this very figure in some version.
with rate as (
    select cohort, period, area, industry
    from restricted.reading
    where indicator = {rate} and grain = $grain and known_from <= $cutoff_at
        and (known_to is null or known_to > $cutoff_at)
),
cell as (
    select r.*, c.is_again, coalesce({is_small}, false) as is_small
    from restricted.reading as r
    join chosen as c using (indicator, cohort, grain, period)
    where r.indicator = $indicator and r.grain = $grain and {is_general} and r.known_from <= $cutoff_at
        and (r.known_to is null or r.known_to > $cutoff_at)
),
told as (
    select indicator, area, industry, cohort, grain, period, is_suppressed, known_from
    from general.reading
    join (select distinct indicator, cohort, grain, period from chosen where is_again) as again
        using (indicator, cohort, grain, period)
    where known_to is null and indicator = $indicator and grain = $grain
),
shown as (
    select distinct indicator, area, industry, cohort, grain, period, numerator, denominator
    from general.reading
    where indicator = $indicator and grain = $grain and not is_suppressed
)
select
    coalesce(cell.indicator, told.indicator) as indicator, coalesce(cell.area, told.area) as area,
    coalesce(cell.industry, told.industry) as industry, coalesce(cell.cohort, told.cohort) as cohort,
    coalesce(cell.grain, told.grain) as grain, coalesce(cell.period, told.period) as period,
    cell.numerator, cell.denominator, cell.value, cell.reporting, cell.due, cell.is_provisional,
    coalesce(cell.is_small, false) as is_small, cell.area is not null as is_here,
    coalesce(
        cell.numerator = 0 and (cell.cohort, cell.period, cell.area) in (select (cohort, period, area) from rate)
        and (cell.cohort, cell.period, cell.area, cell.industry)
            not in (select (cohort, period, area, industry) from rate),
        false
    ) as is_void,
    coalesce(cell.is_again, true) as is_again, coalesce(told.is_suppressed, false) as was_hidden,
    told.area is not null as was_told, shown.area is not null as was_shown
from cell
full join told using (indicator, area, industry, cohort, grain, period)
left join shown
    on shown.indicator = cell.indicator and shown.area = cell.area and shown.industry = cell.industry
    and shown.cohort = cell.cohort and shown.grain = cell.grain and shown.period = cell.period
    and shown.numerator is not distinct from cell.numerator and shown.denominator is not distinct from cell.denominator
order by all
