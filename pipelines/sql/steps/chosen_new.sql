-- The tables (an indicator and cohort, a grain and period) to be released for the first time: their period is over by the
-- day, and complete, or over long enough.
create or replace temp table chosen as
select indicator, cohort, grain, period, false as is_again
from (
    select
        *, period + case grain
            when 'week' then interval 7 day when 'month' then interval 1 month else interval 3 month
        end as over_on
    from restricted.reading
) as reading
anti join restricted.release using (indicator, cohort, grain, period)
where known_from <= $cutoff_at and (known_to is null or known_to > $cutoff_at) and {is_general} and over_on <= $day
group by indicator, cohort, grain, period, over_on
having not bool_or(is_provisional) or over_on <= $waited_until
