-- What a breakdown's own SQL says by area, industry, period and category, with the columns it leaves out.
-- Sums are rounded as those of readings.
insert into fresh
select
    {breakdown} as breakdown, coalesce({area}, $city) as area, coalesce({industry}, 'ALL') as industry,
    cast({period} as date) as period, category, cast(round(sum(numerator), 6) as double) as numerator,
    cast(round(sum({denominator}), 6) as double) as denominator, cast(sum(units) as integer) as units
from ({query}) as answer
where period >= $start and numerator is not null
group by all
