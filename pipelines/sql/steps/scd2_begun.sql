-- What is said of keys that have no version in force: it is new or has changed.
create or replace temp table scd2_begun as
select fresh.*
from {fresh} as fresh
where not exists (select 1 from {table} as known where known.known_to is null and ({within}) and {same})
