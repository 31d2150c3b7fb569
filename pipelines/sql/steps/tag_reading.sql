-- Readings in force of one indicator and grain: of industry tags, and the totals beside which they stand.
select area, industry, cohort, grain, period, numerator, denominator, reporting, due
from reading
where known_to is null and indicator = $indicator and grain = $grain and cohort = 'all'
    and (industry = 'ALL' or industry like 'tag:%')
