-- title: 缺工率 | Labour shortage rate
-- unit: percent
-- units: employers
-- worse: higher
-- kind: ratio
-- judged: stock
-- grain: month
-- clock: effective
-- by: area × industry
-- formula: 缺工人数 ÷（期末用工人数 + 缺工人数）× 100（用工监测企业） | posts short ÷ (staff at the end of the period + posts short) × 100 (employers monitored for shortages)
-- source: 通知第一项、第八项；企业用工监测（人社厅函〔2022〕2号） | notice, items 1 and 8; monitoring of employers' staff (Ren She Ting Han [2022] No. 2)
select
    area, industry, period, sum(unfilled) as numerator, sum(staff + unfilled) as denominator, count(*) as units,
    max(unfilled) as largest_unit
from labour_shortage
group by all
