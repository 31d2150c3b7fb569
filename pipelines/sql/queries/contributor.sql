-- Which parts of a series stand out in the same window: the industries of an area, the areas of the whole city.
-- watched: observed
select area, industry, observed, expected, variance, p
from score
where indicator = $indicator and window_periods = $window_periods and cohort = 'all' and observed > expected
    and (
        (area = $area and industry <> 'ALL' and $industry = 'ALL')
        or ($area = $city and area <> $city and industry = $industry)
    )
order by observed - expected desc, area, industry
limit 8
