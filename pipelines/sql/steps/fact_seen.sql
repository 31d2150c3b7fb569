-- What an indicator sees under the name of a fact table: facts in force of the drops in sight.
create or replace temp view {view} as
select *
from {in_force}
where drop_id in (select drop_id from in_sight) and {kept}
