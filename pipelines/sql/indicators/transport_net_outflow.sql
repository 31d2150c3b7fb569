-- title: 净流出人数（交通运输） | Net outflow of people (transport counts)
-- unit: persons
-- units: persons
-- worse: higher
-- kind: count
-- judged: net
-- grain: day, week, month
-- clock: effective
-- by: area
-- formula: 当期发送人数 − 到达人数（铁路和公路客运） | departures − arrivals of the period (passengers by rail and road)
-- source: 通知第十九项“移动通信、交通运输大数据比对” | notice, item 19, "comparison with mobile and transport data"
select
    area, moved_on as period, sum(case when direction = 'out' then persons else -persons end) as numerator,
    sum(persons) as units, max(persons) as largest_unit
from transport_mobility
group by all
