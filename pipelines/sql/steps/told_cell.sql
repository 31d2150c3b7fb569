-- Every cell of a month's tables in every release of them, hidden or not, with the figure that it was released by.
with wanted as (
    select *
    from restricted.release
    where indicator in (select unnest($only)) and (
        (grain <> 'week' and period in (select unnest($months)))
        or (grain = 'week' and indicator not in (select unnest($of_city)) and period between $week and $last)
    )
),
told as (
    select
        w.released_at, g.indicator, g.cohort, g.grain, g.period, g.area, g.industry, g.numerator is null as is_hidden
    from wanted as w
    join general.reading as g using (indicator, cohort, grain, period)
    where g.known_from <= w.released_at and (g.known_to is null or g.known_to > w.released_at)
)
select
    indicator, cohort, grain, cast(period as timestamp) as period, released_at, area, industry, is_hidden, numerator,
    denominator, coalesce({is_small}, false) as is_small, grain = 'week' or period = $month as is_own
from told
join restricted.reading as r using (indicator, area, industry, cohort, grain, period)
where r.known_from <= told.released_at and (r.known_to is null or r.known_to > told.released_at)
order by all
