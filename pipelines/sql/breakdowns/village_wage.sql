-- title: 外出务工月均收入 | Monthly income of people away
-- unit: yuan
-- units: villages
-- grain: week
-- categories: fixed = 定点村 | fixed villages; key = 重点村 | chosen villages
-- formula: 监测村外出务工人员月均收入按外出人数加权 | monthly income of people away, weighted by those away
-- source: 通知第八项、第十九项；农村劳动力转移就业监测（监测村，非全部村） | notice, items 8 and 19; monitoring of rural labour transfer (monitored villages, not all)
select
    area, surveyed_on as period, coalesce(kind, '') as category, sum(wage * away) as numerator,
    sum(away) as denominator, count(*) as units
from monitored_village
where wage is not null
group by all
