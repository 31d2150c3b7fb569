-- Of each table with a small remainder: these cells, and of the others the next smallest until persons enough are among
-- them. A week's total that is withheld takes the total of the month in which it ends with it.
insert into restricted.withheld by name
with asked as (
    select
        *, is_small or (
            grain = 'month' and industry = $every_industry and (indicator, period) in (
                select (indicator, date_trunc('month', period + interval 6 day)) from beside_own
                where is_small and grain = 'week' and indicator in (select unnest($weekly))
                union all
                select (indicator, date_trunc('month', period + interval 6 day)) from restricted.withheld
                where areas = $office and grain = 'week' and indicator in (select unnest($weekly))
            )
        ) as is_asked
    from beside_own
),
ordered as (
    select
        *, bool_or(is_asked) over (partition by indicator, cohort, grain, period, known_from) as is_any,
        row_number() over its as place,
        coalesce(sum(units) over (its rows between unbounded preceding and 1 preceding), 0) as before
    from asked
    window its as (
        partition by indicator, cohort, grain, period, known_from, industry = $every_industry order by units, industry
    )
)
select $office as areas, indicator, industry, cohort, grain, period, known_from
from ordered
where is_asked or (is_any and industry <> $every_industry and (place <= 2 or before < $persons))
