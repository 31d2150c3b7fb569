-- What provisional totals of one area will probably be once everybody has reported, in the eyes of the edition shown.
-- watched: value
select indicator, grain, period, value, likely, lo, hi, samples
from nowcast
where area = $area and industry = 'ALL' and cohort = 'all'
order by indicator, grain, period
