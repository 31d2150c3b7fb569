-- Readings of an indicator and grain as known at the cut-off, with the median of the two years before each.
select
    area, industry, period, numerator, denominator, value, is_provisional,
    count(value) over earlier as history, median(value) over earlier as usual
from reading
where indicator = $indicator and grain = $grain and cohort = $cohort
    and known_from <= $cutoff_at and (known_to is null or known_to > $cutoff_at)
window earlier as (
    partition by area, industry order by period
    range between interval 24 months preceding and interval 1 day preceding
)
