-- For every day, the sum of the last days that ended on it and what had been expected of it, one area and industry;
-- of whoever is late a window was judged of fewer days, and of too short a history nothing is expected: such are no
-- points of this course.
-- watched: observed
select indicator, data_to, observed, expected, variance
from (
    select
        indicator, data_to, observed, expected, variance,
        row_number() over (partition by indicator, data_to order by day desc, edition_id desc) as newest
    from score_history
    where area = $area and industry = $industry and cohort = 'all' and window_periods = $window_periods
        and data_to >= $since and grain = 'day' and date_diff('day', window_from, data_to) + 1 = window_periods
        and expected is not null and state <> 'insufficient'
) as said
where newest = 1
order by indicator, data_to
