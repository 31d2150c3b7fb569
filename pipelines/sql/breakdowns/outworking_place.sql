-- title: 外出务工人数，按去向 | People away by destination
-- unit: persons
-- units: villages
-- grain: week
-- categories: away_town = 县内乡外 | in the county; away_county = 市内县外 | in the city; away_city = 省内市外 | in the province; away_province = 省外 | in other provinces; away_abroad = 境外 | abroad
-- formula: 监测村外出务工人数按去向分 | people of monitored villages away for work, by destination
-- source: 通知第八项、第十九项；农村劳动力转移就业监测（监测村，非全部村） | notice, items 8 and 19; monitoring of rural labour transfer (monitored villages, not all)
select area, surveyed_on as period, 'away_town' as category, sum(away_town) as numerator, count(*) as units
from monitored_village
group by all
union all
select area, surveyed_on as period, 'away_county' as category, sum(away_county) as numerator, count(*) as units
from monitored_village
group by all
union all
select area, surveyed_on as period, 'away_city' as category, sum(away_city) as numerator, count(*) as units
from monitored_village
group by all
union all
select area, surveyed_on as period, 'away_province' as category, sum(away_province) as numerator,
    count(*) as units
from monitored_village
group by all
union all
select area, surveyed_on as period, 'away_abroad' as category, sum(away_abroad) as numerator, count(*) as units
from monitored_village
group by all
