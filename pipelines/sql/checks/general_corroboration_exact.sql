-- 公开文件的来源比对含有数值或某一行业 (agreement of sources in the general file is exact)
select count(*) as number
from general.corroboration
where strength is not null or by_industry <> {every_industry} or source = 'layoff_reports'
