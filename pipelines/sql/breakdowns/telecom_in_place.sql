-- title: 流入人数（移动通信），按来源地 | People who came by origin (telecom counts)
-- unit: persons
-- units: reports
-- grain: week
-- categories: other_place
-- formula: 当周流入人数之和，按来源地分 | people who came in the week, by origin
-- source: 通知第十九项“移动通信、交通运输大数据比对” | notice, item 19, "comparison with mobile and transport data"
select
    area, moved_on as period, other_place as category, sum(persons) as numerator, count(*) as units
from telecom_mobility
where direction = 'in'
group by all
