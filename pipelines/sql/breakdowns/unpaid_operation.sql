-- title: 被拖欠工资人数，按生产经营状态 | Persons with wages owed by state of operation
-- unit: persons
-- units: employers
-- grain: month
-- categories: operation
-- formula: 监测企业期末被拖欠工资人数之和，按生产经营状态分 | persons to whom monitored employers owe wages at the end of the period, by state of operation
-- source: 失业动态监测（人社部函〔2009〕152号；鲁人社发〔2016〕14号） | dynamic job monitoring (Ren She Bu Han [2009] No. 152; Lu Ren She Fa [2016] No. 14)
select
    area, industry, period, coalesce(operation, '') as category, sum(unpaid_persons) as numerator, count(*) as units
from monitored_employer
where unpaid_persons > 0
group by all
