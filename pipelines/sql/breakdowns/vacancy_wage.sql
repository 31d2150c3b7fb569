-- title: 招聘月薪，按职业 | Monthly wage offered by occupation
-- unit: yuan
-- units: adverts
-- grain: month
-- categories: occupation
-- formula: 月薪上下限的中点按需求人数加权，按职业大类分；面议的不计 | middle of the wage range weighted by posts, by major group of occupations; without adverts that name none
-- source: 公共就业服务市场供求统计（人社厅函〔2022〕2号） | supply and demand statistics of the public employment service (Ren She Ting Han [2022] No. 2)
select
    area, industry, date_trunc('month', posted_on) as period, coalesce(occupation, '') as category,
    sum((wage_low + wage_high) / 2 * posts) as numerator, sum(posts) as denominator, count(*) as units
from vacancy
where wage_low is not null and wage_high is not null
group by all
