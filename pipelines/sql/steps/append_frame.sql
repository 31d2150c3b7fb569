-- Rows that the program has made (incoming) are written as they are.
insert into {table} ({columns})
select {columns}
from incoming
