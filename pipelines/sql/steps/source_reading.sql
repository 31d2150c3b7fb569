-- Complete readings of other sources' indicators (source_grain) for some series (source_series), as known at the cut-off.
select reading.indicator, reading.area, reading.industry, reading.period, reading.value
from reading
join source_grain on reading.indicator = source_grain.indicator and reading.grain = source_grain.grain
join source_series on reading.area = source_series.area and reading.industry = source_series.industry
where reading.cohort = 'all' and reading.period >= $since and not (reading.is_provisional or coalesce(reading.reporting < reading.due, false))
    and reading.value is not null
    and reading.known_from <= $cutoff_at and (reading.known_to is null or reading.known_to > $cutoff_at)
