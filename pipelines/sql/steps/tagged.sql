-- What an indicator says of divisions, once for every tag that a division has.
create or replace temp table tagged as
select
    base.area, tag_division.tag as industry, base.period, base.numerator, base.denominator, base.units,
    base.largest_unit, base.second_unit
from base
join tag_division on tag_division.division = base.industry
