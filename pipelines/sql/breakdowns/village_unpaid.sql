-- title: 监测村欠薪件数 | Cases of unpaid wages in monitored villages
-- unit: cases
-- units: villages
-- grain: week
-- categories: fixed = 定点村 | fixed villages; key = 重点村 | chosen villages
-- formula: 监测村填报的外出务工欠薪件数之和 | cases of unpaid wages of people away from monitored villages
-- source: 通知第八项、第十九项；农村劳动力转移就业监测（监测村，非全部村） | notice, items 8 and 19; monitoring of rural labour transfer (monitored villages, not all)
select
    area, surveyed_on as period, coalesce(kind, '') as category, sum(unpaid_cases) as numerator, count(*) as units
from monitored_village
where unpaid_cases is not null
group by all
