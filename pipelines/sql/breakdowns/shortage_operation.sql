-- title: 用工人数，按生产经营状态 | Staff by state of operation
-- unit: persons
-- units: employers
-- grain: month
-- categories: operation
-- formula: 企业用工监测的期末用工人数之和，按生产经营状态分 | staff of employers monitored for shortages at the end of the period, by state of operation
-- source: 企业用工监测（人社厅函〔2022〕2号；通知第一项、第八项） | monitoring of employers' staff (Ren She Ting Han [2022] No. 2; notice, items 1 and 8)
select
    area, industry, period, coalesce(operation, '') as category, sum(staff) as numerator, count(*) as units
from labour_shortage
group by all
