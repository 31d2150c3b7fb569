-- The columns of every table of the open file but one.
select table_name, list(column_name order by column_index) as columns
from duckdb_columns()
where schema_name = 'main' and database_name = current_database() and not internal and table_name <> $not_compared
group by table_name
order by table_name
