-- One breakdown of an area, or of all areas where the city is asked for, by period since a day and category; of one
-- section, or of all industries. areas: how many of them have said something of the period.
-- watched: numerator, denominator, units
select
    one.period, one.category, sum(one.numerator) as numerator, sum(one.denominator) as denominator,
    sum(one.units) as units, max(told.areas) as areas
from breakdown as one
join (
    select period, count(distinct area) as areas
    from breakdown
    where breakdown = $breakdown and period >= $since and (area = $area or $area = $city)
    group by period
) as told on told.period = one.period
where one.breakdown = $breakdown and one.period >= $since and (one.area = $area or $area = $city)
    and (one.industry = $industry or $industry = 'ALL')
group by one.period, one.category
order by one.period, one.category
