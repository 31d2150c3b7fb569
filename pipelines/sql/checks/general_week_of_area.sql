-- 公开文件含有区县的人数周度数据 (the general file tells a week of an area whose months it tells)
select count(*) as number
from general.reading, general.manifest
where indicator in ({weekly_of_city}) and grain = 'week' and key = 'city' and area <> manifest.value
    and numerator is not null
