-- One part of a figure as the indicator's own SQL says it.
select coalesce(sum({part}), 0) as total
from traced
