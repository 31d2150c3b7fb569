-- What is left of each of the city's figures without an office's own areas, and whether it rests on too few.
create or replace temp table beside_own as
select *, coalesce({is_small}, false) as is_small
from (
    select
        indicator, industry, cohort, grain, period, known_from,
        coalesce(sum(numerator) filter (where not is_own), 0) as numerator,
        coalesce(sum(units) filter (where not is_own), 0) as units,
        max(largest_unit) filter (where not is_own) as largest_unit,
        list_reverse_sort(flatten(list([coalesce(largest_unit, 0), second_unit]) filter (where not is_own)))[2]
            as second_unit
    from (select *, area in (select unnest($own)) as is_own from part_of_city) as part
    group by all
    having bool_or(is_own)
) as cell
