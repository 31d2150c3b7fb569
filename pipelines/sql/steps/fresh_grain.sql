-- The readings of an indicator at one grain, with totals; where nobody reported there is none, but of counts.
-- Sums are rounded, for those of amounts of money hang on their order in the last digit.
insert into fresh
select
    $indicator, total.area, total.industry, 'all', $grain, total.period, total.numerator, total.denominator,
    total.value, total.units, total.largest_unit, coalesce(own.reporting, 0), coalesce(own.due, 0),
    coalesce(own.reporting < own.due and own.final_at > $cutoff_at, false), false, total.second_unit
from (
    select
        coalesce(area, $city) as area, {industry} as industry, cast({period} as date) as period,
        round(sum(numerator), 6) as numerator, round(sum(denominator), 6) as denominator, {value} as value,
        cast(sum(units) as integer) as units, max(largest_unit) as largest_unit, {second_unit} as second_unit
    from {rows}
    where {period} >= $start
    group by grouping sets ({sets})
) as total
left join completeness as own on own.area = total.area and own.period = total.period
where $is_count or not (coalesce(own.due, 0) > 0 and own.reporting = 0)
