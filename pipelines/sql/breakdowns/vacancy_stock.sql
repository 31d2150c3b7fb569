-- title: 月末有效岗位，按职业 | Posts still valid at the end of the month by occupation
-- unit: posts
-- units: adverts
-- grain: month
-- categories: occupation
-- look_back_days: 400
-- formula: 月末前发布、有效期至不早于月末的需求人数，按职业大类分；没有填有效期的不计 | people wanted in vacancies posted by the end of the month and valid on its last day, by major group of occupations; without those that give no last day
-- source: 公共就业服务市场供求统计（人社厅函〔2022〕2号）；通知第二项 | supply and demand statistics of the public employment service (Ren She Ting Han [2022] No. 2); notice, item 2
select
    post.area, post.industry, month.period, coalesce(post.occupation, '') as category, sum(post.posts) as numerator,
    count(*) as units
from vacancy as post
join (select distinct date_trunc('month', posted_on) as period from vacancy) as month
    on post.posted_on < month.period + interval 1 month
    and post.valid_until >= month.period + interval 1 month - interval 1 day
group by all
