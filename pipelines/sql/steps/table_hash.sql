-- How many rows a table has, and a hash of them whatever their order.
select count(*) as rows, coalesce(sum(cast(hash({columns}) as hugeint)), 0) as total
from {table}
