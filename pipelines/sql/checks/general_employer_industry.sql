-- 公开文件的单个企业预警写明了行业 (a warning about an employer in the general file names its industry)
select count(*) as number
from general.episode
where kind = {of_employer} and industry <> {every_industry}
