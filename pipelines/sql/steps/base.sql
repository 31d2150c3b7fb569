-- What an indicator's own SQL says, with the columns it leaves out.
create or replace temp table base as
select
    {area} as area, {industry} as industry, cast(period as date) as period, cast(numerator as double) as numerator,
    cast({denominator} as double) as denominator, cast(units as integer) as units,
    cast(largest_unit as double) as largest_unit, cast({second_unit} as double) as second_unit
from ({indicator}) as answer
where period >= $start
