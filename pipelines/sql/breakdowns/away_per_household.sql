-- title: 每百户外出务工人数 | People away per hundred households
-- unit: percent
-- units: villages
-- grain: week
-- categories: fixed = 定点村 | fixed villages; key = 重点村 | chosen villages
-- formula: 外出务工人数 ÷ 户数 × 100（填报户数的监测村） | people away ÷ households × 100 (monitored villages that give their households)
-- source: 通知第八项、第十九项；农村劳动力转移就业监测（监测村，非全部村） | notice, items 8 and 19; monitoring of rural labour transfer (monitored villages, not all)
select
    area, surveyed_on as period, coalesce(kind, '') as category, sum(away) as numerator, sum(households) as denominator,
    count(*) as units
from monitored_village
where households > 0
group by all
