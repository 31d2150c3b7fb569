-- title: 岗位数，按生产经营状态 | Jobs by state of operation
-- unit: persons
-- units: employers
-- grain: month
-- categories: operation
-- formula: 监测企业调查期岗位数之和，按期末生产经营状态分 | jobs of monitored employers in the period, by their state of operation at its end
-- source: 失业动态监测（人社部函〔2009〕152号；鲁人社发〔2016〕14号） | dynamic job monitoring (Ren She Bu Han [2009] No. 152; Lu Ren She Fa [2016] No. 14)
select
    area, industry, period, coalesce(operation, '') as category, sum(cur_jobs) as numerator, count(*) as units
from monitored_employer
group by all
