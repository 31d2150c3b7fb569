-- All versions of the readings of one indicator and grain.
select area, industry, cohort, grain, period, numerator, denominator, reporting, due, known_from, known_to
from reading
where indicator = $indicator and grain = $grain
