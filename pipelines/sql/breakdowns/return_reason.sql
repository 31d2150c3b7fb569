-- title: 本期返乡人数，按主要原因 | People returned by main reason
-- unit: persons
-- units: villages
-- grain: week
-- categories: return_reason
-- formula: 监测村本期返乡人数之和，按各村填报的主要原因分 | people who returned to monitored villages, by the main reason each village gives
-- source: 通知第八项、第十九项；农村劳动力转移就业监测（监测村，非全部村） | notice, items 8 and 19; monitoring of rural labour transfer (monitored villages, not all)
select
    area, surveyed_on as period, coalesce(return_reason, '') as category, sum(returned) as numerator, count(*) as units
from monitored_village
where returned > 0
group by all
