-- title: 求职人数，按性别 | Job seekers by sex
-- unit: persons
-- units: persons
-- grain: month
-- categories: M = 男 | men; F = 女 | women
-- formula: 当月求职登记人数，按性别分 | job seekers registered in the month, by sex
-- source: 公共就业服务市场供求统计（人社厅函〔2022〕2号） | supply and demand statistics of the public employment service (Ren She Ting Han [2022] No. 2)
select
    area, date_trunc('month', registered_on) as period, coalesce(sex, '') as category, count(*) as numerator,
    count(*) as units
from job_seeker
group by all
