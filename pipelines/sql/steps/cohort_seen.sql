-- Facts of the drops in sight, once for every cohort of the person.
create or replace temp view {view} as
select fact.*, cohort_code.code as cohort
from {in_force} as fact
join cohort_code on {is_of_cohort}
where fact.drop_id in (select drop_id from in_sight)
