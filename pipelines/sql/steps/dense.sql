-- The indicator at its finest grain with its zeros; what has a fact but no slot of the roster is kept.
create or replace temp table dense as
select
    coalesce(base.area, spine.area) as area, coalesce(base.industry, spine.industry) as industry,
    coalesce(base.period, spine.period) as period, coalesce(base.numerator, 0) as numerator, base.denominator,
    coalesce(base.units, 0) as units, base.largest_unit, base.second_unit
from base
full join spine on base.area = spine.area and base.industry = spine.industry and base.period = spine.period
