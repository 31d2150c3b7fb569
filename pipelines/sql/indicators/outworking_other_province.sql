-- title: 监测村省外务工人数 | Out-working in other provinces (monitored villages)
-- unit: persons
-- units: villages
-- worse: lower
-- kind: stock
-- grain: week
-- clock: effective
-- by: area
-- formula: 监测村外出务工人员中在外省的人数之和（境外不计） | people of monitored villages who work in other provinces (abroad does not count)
-- source: 通知第八项、第十九项；农村劳动力转移就业监测（监测村，非全部村） | notice, items 8 and 19; monitoring of rural labour transfer (monitored villages, not all)
select area, surveyed_on as period, sum(away_province) as numerator, count(*) as units, max(away_province) as largest_unit
from monitored_village
group by all
