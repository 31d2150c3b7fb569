-- One breakdown in one period, area by area, or industry by industry within the areas a reader sees, by category.
-- watched: numerator, units
select
    one.area, one.industry, one.category, sum(one.numerator) as numerator, sum(one.units) as units
from breakdown as one
where one.breakdown = $breakdown and one.period = $period
group by one.area, one.industry, one.category
order by one.area, one.industry, one.category
