-- Of every series (wanted: indicator, its grain, how far ahead): the newest span that is over and told in full, beside
-- what was last forecast for it so far ahead. Of daily figures a span is seven days, else one period. Told in full: on
-- every workday (table workday), and whenever anybody told.
with made as (
    select
        forecast.indicator, forecast.area, forecast.industry, forecast.period, forecast.horizon, wanted.grain,
        expected, lo95, hi95,
        case wanted.grain when 'day' then forecast.period + 6 else forecast.period end as last_period
    from forecast
    join wanted on forecast.indicator = wanted.indicator and forecast.horizon = wanted.horizon
    where cohort = $everybody and forecast.period between $since and $day and made_on <= $day
        and ($window_from is null or forecast.period = $window_from)
    qualify row_number() over (
        partition by forecast.indicator, forecast.area, forecast.industry, forecast.period, forecast.horizon
        order by made_on desc, edition_id desc
    ) = 1
),
known as (
    select reading.indicator, reading.area, reading.industry, reading.period, reading.numerator,
        reading.is_provisional or coalesce(reading.reporting < reading.due, false) as is_short
    from reading
    join (select distinct indicator, grain from wanted) as own
        on reading.indicator = own.indicator and reading.grain = own.grain
    where reading.cohort = $everybody and reading.period between $since and $day and reading.numerator is not null
        and reading.known_from <= $cutoff_at and (reading.known_to is null or reading.known_to > $cutoff_at)
),
asked as (
    select indicator, period from known where area = $city and industry = $total
    union
    select wanted.indicator, workday.period from wanted cross join workday where wanted.grain = 'day'
    union
    select indicator, period from made where grain <> 'day'
),
whole as (
    select span.indicator, span.period, count(*) as periods
    from (select distinct indicator, period, last_period from made where last_period < $day) as span
    join asked on asked.indicator = span.indicator and asked.period between span.period and span.last_period
    group by all
),
came as (
    select
        made.indicator, made.area, made.industry, made.horizon, made.grain, cast(made.period as timestamp) as window_from,
        cast(made.last_period as timestamp) as window_to, sum(known.numerator) as observed, made.expected, made.lo95 as lo, made.hi95 as hi
    from made
    join whole on whole.indicator = made.indicator and whole.period = made.period
    join known on known.indicator = made.indicator and known.area = made.area and known.industry = made.industry
        and known.period between made.period and made.last_period
    left join asked on asked.indicator = known.indicator and asked.period = known.period
    where not known.is_short
    group by all
    having count(asked.period) = any_value(whole.periods)
)
select indicator, area, industry, horizon, grain, window_from, window_to, observed, expected, lo, hi
from came
qualify row_number() over (partition by indicator, area, industry, horizon order by window_from desc) = 1
order by indicator, area, industry, horizon
