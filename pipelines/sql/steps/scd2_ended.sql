-- Versions in force that no longer hold: of their key something else is said, or, where {ended} says so, nothing.
create or replace temp table scd2_ended as
select {own}
from {table} as known
left join {fresh} as fresh on {same}
where known.known_to is null and ({within}) and ({ended})
