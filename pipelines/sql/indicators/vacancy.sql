-- title: 招聘需求人数 | Posts offered
-- unit: posts
-- units: adverts
-- worse: lower
-- kind: count
-- grain: week, month
-- clock: filed
-- by: area × industry
-- formula: 当期发布的招聘需求人数 | people wanted in vacancies published in the period
-- source: 公共就业服务市场供求统计（人社厅函〔2022〕2号） | supply and demand statistics of the public employment service (Ren She Ting Han [2022] No. 2)
-- sort: 4
select area, industry, posted_on as period, sum(posts) as numerator, count(*) as units, max(posts) as largest_unit
from vacancy
group by all
