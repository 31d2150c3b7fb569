-- The cohorts that a feed's facts in force name by area, and the first period whose files do.
create or replace temp table coded as
select fact.area, cohort_code.code as cohort, cohort_code.is_derived, min(in_force.period) as since
from {in_force} as fact
join in_force on in_force.drop_id = fact.drop_id
join cohort_code on {is_of_cohort}
group by fact.area, cohort_code.code, cohort_code.is_derived
