-- title: 新增和减少岗位 | Jobs gained and lost
-- unit: persons
-- units: employers
-- grain: month
-- categories: hires = 新增岗位 | gained; losses = 减少岗位 | lost
-- overlap: yes
-- formula: 监测企业新增岗位数、减少岗位数之和 | jobs gained and jobs lost at monitored employers
-- source: 失业动态监测（人社部函〔2009〕152号；鲁人社发〔2016〕14号） | dynamic job monitoring (Ren She Bu Han [2009] No. 152; Lu Ren She Fa [2016] No. 14)
select area, industry, period, 'hires' as category, sum(hires) as numerator, count(*) as units
from monitored_employer
group by all
union all
select area, industry, period, 'losses' as category, sum(losses) as numerator, count(*) as units
from monitored_employer
group by all
