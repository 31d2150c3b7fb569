-- What an indicator sees under the name of a fact table where its industries are divisions: facts of the drops in sight that
-- name a division of a tag.
create or replace temp view {view} as
select {columns}, division as industry
from {in_force}
where drop_id in (select drop_id from in_sight) and division in (select division from tag_division) and {kept}
