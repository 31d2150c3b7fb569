-- title: 求人倍率 | Vacancy/seeker ratio
-- unit: ratio
-- units: persons
-- worse: lower
-- kind: ratio
-- shares: numerator = vacancy
-- grain: month
-- clock: filed
-- by: city
-- formula: 当月需求人数 ÷ 当月求职人数 | people wanted in the month ÷ job seekers in the month
-- source: 人社部市场供求分析：需求人数 ÷ 求职人数 | the ministry's analysis of supply and demand: people wanted ÷ job seekers
-- sort: 9
select demand.period, demand.posts as numerator, supply.seekers as denominator, supply.seekers as units, 1 as largest_unit
from (
    select date_trunc('month', posted_on) as period, sum(posts) as posts
    from vacancy
    group by all
) as demand
join (
    select date_trunc('month', registered_on) as period, count(*) as seekers
    from job_seeker
    group by all
) as supply on demand.period = supply.period
