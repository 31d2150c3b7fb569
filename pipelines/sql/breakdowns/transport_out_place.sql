-- title: 流出人数（交通运输），按目的地 | People who left by destination (transport counts)
-- unit: persons
-- units: reports
-- grain: week
-- categories: other_place
-- formula: 当周流出人数之和，按目的地分 | people who left in the week, by destination
-- source: 通知第十九项“移动通信、交通运输大数据比对” | notice, item 19, "comparison with mobile and transport data"
select
    area, moved_on as period, other_place as category, sum(persons) as numerator, count(*) as units
from transport_mobility
where direction = 'out'
group by all
