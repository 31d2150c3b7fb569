-- Rows of the city's figures, each with whether it is kept from the office that asks.
select t.*, {kept} as is_kept
from {table} as t
