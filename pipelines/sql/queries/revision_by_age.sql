-- How far one indicator's figures, at some ages in days since their period ended, were from what is known now: city and
-- units apart, periods that ended 14 days ago or more, as far back as there have been editions to tell of them.
-- watched: least
with told as (
    select
        area, grain, period, value, known_from, known_to,
        cast(case grain when 'day' then period + interval '1' day when 'week' then period + interval '7' day
            when 'month' then period + interval '1' month else period + interval '3' month end as date) as over_on
    from reading_history
    where indicator = $indicator and industry = 'ALL' and cohort = 'all' and value is not null and period >= $since
),
age as (
    select 1 as days union all select 3 union all select 8 union all select 15 union all select 31 union all select 61
),
seen as (
    select told.area, told.grain, age.days, told.value, now.value as final, abs(now.value - told.value) as away
    from told
    cross join age
    join edition_history as e
        on e.day = told.over_on + (age.days - 1) and told.known_from <= e.cutoff_at
        and (told.known_to is null or told.known_to > e.cutoff_at)
    join reading as now
        on now.indicator = $indicator and now.industry = 'ALL' and now.cohort = 'all' and now.area = told.area
        and now.grain = told.grain and now.period = told.period and now.value is not null
    where told.over_on <= $settled
)
select
    case when area = $city then 'city' else 'unit' end as level, grain, days, count(*) as figures, min(final) as least,
    avg(case when away > 0.000001 then 1.0 else 0.0 end) as moved,
    percentile_cont(0.5) within group (order by away) as typical,
    percentile_cont(0.9) within group (order by away) as most,
    percentile_cont(0.5) within group (order by away / nullif(abs(final), 0)) as typical_share,
    percentile_cont(0.9) within group (order by away / nullif(abs(final), 0)) as most_share
from seen
group by 1, 2, 3
order by 1, 2, 3
