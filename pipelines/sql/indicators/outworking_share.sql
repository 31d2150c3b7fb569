-- title: 监测村外出务工率 | Out-working share of labour (monitored villages)
-- unit: percent
-- units: villages
-- worse: lower
-- kind: ratio
-- judged: stock
-- grain: week
-- clock: effective
-- by: area
-- shares: numerator = outworking_labour
-- formula: 监测村本周末离开本乡镇务工的人数 ÷ 劳动力人数 × 100；一村没有报时，分子分母都不计，不会当作返乡 | people of monitored villages who work away at the end of the week ÷ their labour force × 100; a village that did not report counts in neither, so its silence is no return
-- source: 通知第八项、第十九项；农村劳动力转移就业监测（监测村，非全部村） | notice, items 8 and 19; monitoring of rural labour transfer (monitored villages, not all)
select
    area, surveyed_on as period, sum(away) as numerator, sum(labour) as denominator, count(*) as units,
    max(away) as largest_unit
from monitored_village
group by all
