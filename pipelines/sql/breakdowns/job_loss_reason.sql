-- title: 减少岗位，按主要原因 | Jobs lost by main reason
-- unit: persons
-- units: employers
-- grain: month
-- categories: loss_reason
-- formula: 监测企业减少岗位数之和，按各企业填报的主要原因分 | jobs lost at monitored employers, by the main reason each gives
-- source: 失业动态监测（人社部函〔2009〕152号；鲁人社发〔2016〕14号） | dynamic job monitoring (Ren She Bu Han [2009] No. 152; Lu Ren She Fa [2016] No. 14)
select
    area, industry, period, coalesce(loss_reason, '') as category, sum(losses) as numerator, count(*) as units
from monitored_employer
where losses > 0
group by all
