-- Current readings of an indicator and grain with the median of the 24 periods before each.
select
    area, industry, period, numerator, denominator, value, is_provisional,
    count(value) over earlier as history, median(value) over earlier as usual
from reading
where known_to is null and indicator = $indicator and grain = $grain
window earlier as (partition by area, industry order by period rows between 24 preceding and 1 preceding)
