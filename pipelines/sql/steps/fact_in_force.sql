-- A feed's facts of the drops in force, without rows that a supplement says anew.
create or replace temp view {view} as
select *
from {table}
where drop_id in (select drop_id from in_force where feed = {feed}) and {kept}
