-- title: 监测村本期返乡人数 | Labour returned to monitored villages
-- unit: persons
-- units: villages
-- worse: higher
-- kind: count
-- grain: week
-- clock: effective
-- by: area
-- formula: 监测村本周返乡的外出务工人员人数之和 | people working away from monitored villages who returned in the week
-- source: 通知第八项、第十九项；农村劳动力转移就业监测（监测村，非全部村） | notice, items 8 and 19; monitoring of rural labour transfer (monitored villages, not all)
select area, surveyed_on as period, sum(returned) as numerator, count(*) as units, max(returned) as largest_unit
from monitored_village
group by all
