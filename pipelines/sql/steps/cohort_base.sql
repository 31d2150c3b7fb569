-- What an indicator's own SQL says of each cohort.
create or replace temp table cohort_base as
select
    area, cohort, cast(period as date) as period, cast(numerator as double) as numerator,
    cast(units as integer) as units, cast(largest_unit as double) as largest_unit
from ({indicator}) as answer
where period >= $start
