-- Every forecast of one area's totals whose period is over and reported in full, beside what came and what the same
-- period of the year before had brought: of daily figures the sum of seven days, of a ratio its numerator; what was
-- forecast of it, and the year before, are told among the denominators that came, which nobody forecasts. Seven days are
-- reported in full when the area told each day that anybody told or that its feed owed a file for.
-- watched: came
with made as (
    select distinct indicator, grain, horizon, made_on, period, expected, lo80, hi80, lo95, hi95
    from forecast_history
    where area = $area and industry = 'ALL' and cohort = 'all' and made_on >= $since
        and expected is not null
),
known as (
    select indicator, grain, period, numerator as value, denominator,
        coalesce(is_provisional, false) or coalesce(reporting < due, false) as is_short
    from reading
    where area = $area and industry = 'ALL' and cohort = 'all' and numerator is not null
),
daily as (
    select indicator, max(period) as last_day from known where grain = 'day' group by indicator
),
asked as (
    select indicator, period
    from reading
    where industry = 'ALL' and cohort = 'all' and grain = 'day' and numerator is not null
    union
    select indicator.indicator, roster.period
    from indicator
    join roster on roster.feed = indicator.feed
    where roster.grain = 'day' and roster.status <> 'not_due'
),
span as (
    select made.indicator, made.period as first_day
    from made
    join daily on made.indicator = daily.indicator and made.period + 6 <= daily.last_day
    where made.grain = 'week'
    union
    select made.indicator, made.period - 364 as first_day
    from made
    join daily on made.indicator = daily.indicator
    where made.grain = 'week'
),
whole as (
    select span.indicator, span.first_day, count(*) as days
    from span
    join asked
        on asked.indicator = span.indicator and asked.period >= span.first_day and asked.period <= span.first_day + 6
    group by span.indicator, span.first_day
),
told as (
    select whole.indicator, 'week' as grain, whole.first_day as period, sum(known.value) as value,
        cast(null as double) as denominator
    from whole
    join known
        on known.indicator = whole.indicator and known.grain = 'day' and known.period >= whole.first_day
        and known.period <= whole.first_day + 6
    group by whole.indicator, whole.first_day, whole.days
    having count(*) = whole.days and max(case when known.is_short then 1 else 0 end) = 0
    union all
    select indicator, grain, period, value, denominator
    from known
    where not coalesce(is_short, false) and grain <> 'day'
        and (grain <> 'week' or indicator not in (select indicator from daily))
)
select
    made.indicator, made.grain, made.horizon, made.made_on, made.period,
    made.expected * coalesce(came.denominator / nullif(base.denominator, 0), 1) as expected,
    made.lo80 * coalesce(came.denominator / nullif(base.denominator, 0), 1) as lo80,
    made.hi80 * coalesce(came.denominator / nullif(base.denominator, 0), 1) as hi80,
    made.lo95 * coalesce(came.denominator / nullif(base.denominator, 0), 1) as lo95,
    made.hi95 * coalesce(came.denominator / nullif(base.denominator, 0), 1) as hi95,
    came.value as came, earlier.value * coalesce(came.denominator / nullif(earlier.denominator, 0), 1) as before
from made
join told as came
    on came.indicator = made.indicator and came.grain = made.grain and came.period = made.period
left join known as base
    on base.indicator = made.indicator and base.grain = made.grain and base.period = case made.grain
        when 'week' then made.period - 7 * made.horizon
        when 'quarter' then made.period - made.horizon * interval '3' month
        else made.period - made.horizon * interval '1' month
    end
left join told as earlier
    on earlier.indicator = made.indicator and earlier.grain = made.grain
    and earlier.period = case when made.grain = 'week' then made.period - 364 else made.period - interval '1' year end
order by made.indicator, made.grain, made.period, made.horizon, made.made_on
