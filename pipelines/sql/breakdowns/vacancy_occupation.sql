-- title: 招聘需求人数，按职业 | Posts offered by occupation
-- unit: posts
-- units: employers
-- grain: month
-- categories: occupation
-- formula: 当月发布的需求人数，按职业大类分；单位数为不同招聘单位数 | people wanted in vacancies of the month, by major group of occupations; units are different employers
-- source: 公共就业服务市场供求统计（人社厅函〔2022〕2号） | supply and demand statistics of the public employment service (Ren She Ting Han [2022] No. 2)
select
    area, industry, date_trunc('month', posted_on) as period, coalesce(occupation, '') as category,
    sum(posts) as numerator, count(distinct employer) as units
from vacancy
group by all
