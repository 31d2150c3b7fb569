-- title: 求职人数，按年龄 | Job seekers by age
-- unit: persons
-- units: persons
-- grain: month
-- categories: 24 = 24 岁及以下 | up to 24; 34 = 25–34 岁 | 25 to 34; 44 = 35–44 岁 | 35 to 44; 54 = 45–54 岁 | 45 to 54; 99 = 55 岁及以上 | 55 and older
-- formula: 当月求职登记人数，按登记年份减出生年分组 | job seekers registered in the month, by year of registration minus year of birth
-- source: 公共就业服务市场供求统计（人社厅函〔2022〕2号） | supply and demand statistics of the public employment service (Ren She Ting Han [2022] No. 2)
select
    area, date_trunc('month', registered_on) as period,
    case
        when birth_year is null then ''
        when extract('year' from registered_on) - birth_year < 25 then '24'
        when extract('year' from registered_on) - birth_year < 35 then '34'
        when extract('year' from registered_on) - birth_year < 45 then '44'
        when extract('year' from registered_on) - birth_year < 55 then '54'
        else '99'
    end as category, count(*) as numerator, count(*) as units
from job_seeker
group by all
