-- 公开文件的预警含有精确数值或单位名称 (an episode of the general file is exact)
select count(*) as number
from general.episode
where observed is not null or people is not null or p is not null or employer is not null or employer_name is not null
