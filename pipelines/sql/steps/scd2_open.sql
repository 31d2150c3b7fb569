-- A new version holds from this edition on.
insert into {table} ({columns}, known_from)
select {columns}, $cutoff_at
from scd2_begun
