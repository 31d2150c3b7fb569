-- Which parts of a series stand out in the same window: industries of an area, or areas of an industry.
select area, industry, observed, expected, variance, p
from score
where indicator = $indicator and window_periods = $window_periods and cohort = 'all' and observed > expected
    and ((area = $area and industry <> 'ALL' and $industry = 'ALL') or (area <> $area and industry = $industry))
order by observed - expected desc
limit 8
