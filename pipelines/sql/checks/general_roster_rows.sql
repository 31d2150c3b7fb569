-- 公开文件的到报情况含有退回行数 (the roster of the general file tells how many rows were sent back)
select count(*) as number
from general.roster
where rows_quarantined is not null
