-- The readings of each cohort by area and in the whole city; cohorts overlap, no total is made of them.
insert into fresh
select
    $indicator, total.area, 'ALL', total.cohort, $grain, total.period, total.numerator, null, total.numerator,
    total.units, total.largest_unit, coalesce(own.reporting, 0), coalesce(own.due, 0),
    coalesce(own.reporting < own.due and own.final_at > $cutoff_at, false), false, null
from (
    select
        coalesce(area, $city) as area, cohort, cast({period} as date) as period, sum(numerator) as numerator,
        cast(sum(units) as integer) as units, max(largest_unit) as largest_unit
    from cohort_dense
    where {period} >= $start
    group by grouping sets ((area, cohort, 3), (cohort, 3))
) as total
left join completeness as own on own.area = total.area and own.period = total.period
