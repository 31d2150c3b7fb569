-- 公开文件含有单位或明细表 (the general file holds a restricted table)
select count(*) as number
from duckdb_tables()
where database_name = 'general' and table_name in ({restricted_only})
