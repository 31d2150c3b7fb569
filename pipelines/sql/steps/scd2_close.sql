-- A version that no longer holds ends with this edition.
update {table} as known
set known_to = $cutoff_at
from scd2_ended as fresh
where known.known_to is null and {same}
