-- Every forecast of one area's totals whose period is over and reported in full, beside what came and what the same
-- period of the year before had brought: of daily figures the sum of seven days, of a ratio its numerator.
with made as (
    select distinct indicator, grain, horizon, made_on, period, expected, lo80, hi80, lo95, hi95
    from forecast_history
    where area = $area and industry = 'ALL' and cohort = 'all' and made_on >= $since
),
known as (
    select indicator, grain, period, numerator as value, is_provisional
    from reading
    where area = $area and industry = 'ALL' and cohort = 'all' and numerator is not null
),
daily as (
    select indicator, max(period) as last_day from known where grain = 'day' group by indicator
),
came as (
    select
        made.indicator, made.grain, made.horizon, made.made_on, made.period, sum(known.value) as came,
        max(case when known.is_provisional then 1 else 0 end) as is_open
    from made
    join daily on made.indicator = daily.indicator and made.period + 6 <= daily.last_day
    join known
        on known.indicator = made.indicator and known.grain = 'day' and known.period >= made.period
        and known.period <= made.period + 6
    where made.grain = 'week'
    group by made.indicator, made.grain, made.horizon, made.made_on, made.period
    union all
    select
        made.indicator, made.grain, made.horizon, made.made_on, made.period, known.value as came,
        case when known.is_provisional then 1 else 0 end as is_open
    from made
    join known on known.indicator = made.indicator and known.grain = made.grain and known.period = made.period
    where made.grain <> 'week' or made.indicator not in (select indicator from daily)
),
earlier as (
    select slot.indicator, slot.grain, slot.period, sum(known.value) as before
    from (select distinct indicator, grain, period from came) as slot
    join known
        on known.indicator = slot.indicator
        and (
            (
                slot.grain = 'week' and known.grain = 'day' and known.period >= slot.period - 364
                and known.period <= slot.period - 358
            )
            or (slot.grain = 'week' and known.grain = 'week' and known.period = slot.period - 364
                and slot.indicator not in (select indicator from daily))
            or (slot.grain = 'month' and known.grain = 'month' and known.period = slot.period - interval '1' year)
        )
    group by slot.indicator, slot.grain, slot.period
)
select
    made.indicator, made.grain, made.horizon, made.made_on, made.period, made.expected, made.lo80, made.hi80, made.lo95,
    made.hi95, came.came, earlier.before
from made
join came
    on came.indicator = made.indicator and came.grain = made.grain and came.horizon = made.horizon
    and came.made_on = made.made_on and came.period = made.period
left join earlier
    on earlier.indicator = made.indicator and earlier.grain = made.grain and earlier.period = made.period
where came.is_open = 0
order by made.indicator, made.grain, made.period, made.horizon, made.made_on
