-- title: 减少岗位，按类型 | Jobs lost by type
-- unit: persons
-- units: employers
-- grain: month
-- categories: loss_type
-- formula: 监测企业减少岗位数之和，按各企业填报的主要类型分 | jobs lost at monitored employers, by the main type each gives
-- source: 失业动态监测（人社部函〔2009〕152号；鲁人社发〔2016〕14号） | dynamic job monitoring (Ren She Bu Han [2009] No. 152; Lu Ren She Fa [2016] No. 14)
select
    area, industry, period, coalesce(loss_type, '') as category, sum(losses) as numerator, count(*) as units
from monitored_employer
where losses > 0
group by all
