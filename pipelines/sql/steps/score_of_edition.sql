-- What one edition said of some indicators, window after window as it was written.
select
    indicator, area, industry, cohort, grain, window_periods, window_from, data_to, observed, expected, variance, p, strength
from score
where edition_id = $edition_id and list_contains($indicators, indicator)
order by rowid
