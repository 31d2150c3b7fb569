-- title: 监测村外出务工人数 | Out-working labour of monitored villages
-- unit: persons
-- units: villages
-- worse: lower
-- kind: stock
-- grain: week
-- clock: effective
-- by: area
-- formula: 监测村本周末离开本乡镇务工的人数之和 | people of monitored villages who work away from their township at the end of the week
-- source: 通知第八项、第十九项；农村劳动力转移就业监测（监测村，非全部村） | notice, items 8 and 19; monitoring of rural labour transfer (monitored villages, not all)
select area, surveyed_on as period, sum(away) as numerator, count(*) as units, max(away) as largest_unit
from monitored_village
group by all
