-- title: 监测村县内乡外务工人数 | Out-working within the county (monitored villages)
-- unit: persons
-- units: villages
-- worse: lower
-- kind: stock
-- grain: week
-- clock: effective
-- by: area
-- formula: 监测村外出务工人员中在本县其他乡镇的人数之和 | people of monitored villages who work in other townships of the county
-- source: 通知第八项、第十九项；农村劳动力转移就业监测（监测村，非全部村） | notice, items 8 and 19; monitoring of rural labour transfer (monitored villages, not all)
select area, surveyed_on as period, sum(away_town) as numerator, count(*) as units, max(away_town) as largest_unit
from monitored_village
group by all
