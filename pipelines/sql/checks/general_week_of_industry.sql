-- 公开文件含有分行业的周度数据 (the general file tells a week of an industry)
select count(*) as number
from general.reading
where grain = 'week' and industry <> {every_industry}
