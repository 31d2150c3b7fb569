-- title: 缺工企业平均月工资，按职业 | Monthly wage of employers short of people by occupation
-- unit: yuan
-- units: employers
-- grain: month
-- categories: occupation
-- formula: 缺工企业平均月工资按用工人数加权，按缺工最多的职业大类分 | monthly wages at employers with posts unfilled weighted by their staff, by the major group of occupations each lacks most
-- source: 企业用工监测（人社厅函〔2022〕2号；通知第一项、第八项） | monitoring of employers' staff (Ren She Ting Han [2022] No. 2; notice, items 1 and 8)
select
    area, industry, period, coalesce(occupation, '') as category, sum(wage * staff) as numerator,
    sum(staff) as denominator, count(*) as units
from labour_shortage
where unfilled > 0 and wage is not null
group by all
