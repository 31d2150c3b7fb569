-- title: 监测村市内县外务工人数 | Out-working in the city, outside the county (monitored villages)
-- unit: persons
-- units: villages
-- worse: lower
-- kind: stock
-- grain: week
-- clock: effective
-- by: area
-- formula: 监测村外出务工人员中在本市其他县的人数之和 | people of monitored villages who work in other counties of the city
-- source: 通知第八项、第十九项；农村劳动力转移就业监测（监测村，非全部村） | notice, items 8 and 19; monitoring of rural labour transfer (monitored villages, not all)
select area, surveyed_on as period, sum(away_county) as numerator, count(*) as units, max(away_county) as largest_unit
from monitored_village
group by all
