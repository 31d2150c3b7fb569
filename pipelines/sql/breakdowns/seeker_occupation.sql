-- title: 求职人数，按意向职业 | Job seekers by the occupation they look for
-- unit: persons
-- units: persons
-- grain: month
-- categories: occupation
-- formula: 当月求职人数，按意向职业大类分，行业为意向行业 | job seekers registered in the month, by major group of the occupation they look for; the industry is the one they look for
-- source: 公共就业服务市场供求统计（人社厅函〔2022〕2号） | supply and demand statistics of the public employment service (Ren She Ting Han [2022] No. 2)
select
    area, industry, date_trunc('month', registered_on) as period, coalesce(occupation, '') as category,
    count(*) as numerator, count(*) as units
from job_seeker
group by all
