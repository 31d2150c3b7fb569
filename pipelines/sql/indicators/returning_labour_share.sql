-- title: 监测村返乡率 | Share of out-working labour that returned (monitored villages)
-- unit: percent
-- units: villages
-- worse: higher
-- kind: ratio
-- shares: numerator = returning_labour
-- grain: week
-- clock: effective
-- by: area
-- formula: 监测村本周返乡人数 ÷ 上周末外出务工人数 × 100（上周末外出 = 本周末外出 − 本周新外出 + 本周返乡） | people who returned to monitored villages in the week ÷ people working away at the end of the week before × 100 (away then = away now − left in the week + returned in the week)
-- source: 通知第八项、第十九项；农村劳动力转移就业监测（监测村，非全部村） | notice, items 8 and 19; monitoring of rural labour transfer (monitored villages, not all)
select
    area, surveyed_on as period, sum(returned) as numerator, sum(away_before) as denominator, count(*) as units,
    max(returned) as largest_unit
from monitored_village
group by all
