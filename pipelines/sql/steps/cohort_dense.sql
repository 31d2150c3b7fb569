-- The cohorts of an indicator by area at its finest grain, with their zeros.
create or replace temp table cohort_dense as
select
    coalesce(cohort_base.area, cohort_spine.area) as area, coalesce(cohort_base.cohort, cohort_spine.cohort) as cohort,
    coalesce(cohort_base.period, cohort_spine.period) as period, coalesce(cohort_base.numerator, 0) as numerator,
    coalesce(cohort_base.units, 0) as units, cohort_base.largest_unit
from cohort_base
full join cohort_spine
    on cohort_base.area = cohort_spine.area and cohort_base.cohort = cohort_spine.cohort
    and cohort_base.period = cohort_spine.period
