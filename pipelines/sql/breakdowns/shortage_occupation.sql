-- title: 缺工人数，按缺工最多的职业 | Posts unfilled by occupation most short
-- unit: persons
-- units: employers
-- grain: month
-- categories: occupation
-- formula: 监测企业缺工人数之和，按各企业缺工最多的职业大类分 | posts unfilled at employers monitored for shortages, by the major group of occupations each lacks most
-- source: 企业用工监测（人社厅函〔2022〕2号；通知第一项、第八项） | monitoring of employers' staff (Ren She Ting Han [2022] No. 2; notice, items 1 and 8)
select
    area, industry, period, coalesce(occupation, '') as category, sum(unfilled) as numerator, count(*) as units
from labour_shortage
where unfilled > 0
group by all
