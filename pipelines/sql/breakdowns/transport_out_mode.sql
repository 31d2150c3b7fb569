-- title: 流出人数，按运输方式 | People who left by means of transport
-- unit: persons
-- units: reports
-- grain: week
-- categories: transport_mode
-- formula: 当周客运流出人数之和，按运输方式分 | passengers who left in the week, by means of transport
-- source: 通知第十九项“移动通信、交通运输大数据比对” | notice, item 19, "comparison with mobile and transport data"
select
    area, moved_on as period, mode as category, sum(persons) as numerator, count(*) as units
from transport_mobility
where direction = 'out'
group by all
