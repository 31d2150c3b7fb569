-- Readings that were told while their roster was incomplete, beside what they are now that it is complete.
select
    earlier.indicator, earlier.grain, earlier.period, earlier.area = $city as is_city, earlier.value, final.value as final,
    1.0 * earlier.reporting / nullif(earlier.due, 0) as share
from reading as earlier
join reading as final
    on final.known_to is null and final.indicator = earlier.indicator and final.area = earlier.area
    and final.industry = earlier.industry and final.cohort = earlier.cohort and final.grain = earlier.grain
    and final.period = earlier.period
where earlier.known_to is not null and earlier.is_provisional and not (final.is_provisional or coalesce(final.reporting < final.due, false))
    and earlier.industry = 'ALL' and earlier.cohort = 'all' and earlier.reporting > 0 and earlier.period >= $since
