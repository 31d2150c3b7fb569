-- 公开文件含有单元背后的单位数或最大一家的数 (the general file tells how many stand behind a cell)
select count(*) as number
from general.reading
where units is not null or largest_unit is not null or second_unit is not null
