-- title: 招聘需求人数，按学历要求 | Posts offered by education asked for
-- unit: posts
-- units: adverts
-- grain: month
-- categories: education
-- formula: 当月发布的需求人数，按最低学历要求分 | people wanted in vacancies of the month, by the lowest education asked for
-- source: 公共就业服务市场供求统计（人社厅函〔2022〕2号） | supply and demand statistics of the public employment service (Ren She Ting Han [2022] No. 2)
select
    area, industry, date_trunc('month', posted_on) as period, coalesce(education, '') as category,
    sum(posts) as numerator, count(*) as units
from vacancy
group by all
