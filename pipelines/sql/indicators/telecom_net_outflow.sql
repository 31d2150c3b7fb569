-- title: 净流出人数（移动通信） | Net outflow of people (telecom counts)
-- unit: persons
-- units: persons
-- worse: higher
-- kind: count
-- judged: net
-- grain: day, week, month
-- clock: effective
-- by: area
-- formula: 当期流出人数 − 流入人数（运营方汇总的跨县流动） | people who left − people who came in the period (between counties, as summed by the operators)
-- source: 通知第十九项“移动通信、交通运输大数据比对” | notice, item 19, "comparison with mobile and transport data"
select
    area, moved_on as period, sum(case when direction = 'out' then persons else -persons end) as numerator,
    sum(persons) as units, max(persons) as largest_unit
from telecom_mobility
group by all
