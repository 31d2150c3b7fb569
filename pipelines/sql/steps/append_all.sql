-- All rows of a table into another of its columns.
insert into {target} by name
select *
from {source}
