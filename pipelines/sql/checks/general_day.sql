-- 公开文件含有日度数据 (the general file holds daily cells)
select count(*) as number
from general.reading
where grain = 'day'
