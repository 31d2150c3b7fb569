-- title: 缺工率 | Labour shortage rate
-- unit: percent
-- units: employers
-- worse: higher
-- kind: ratio
-- judged: stock
-- grain: month
-- clock: effective
-- by: area × industry
-- formula: 缺工人数 ÷（期末用工人数 + 缺工人数）× 100（用工监测企业）
-- source: 通知第一项、第八项；企业用工监测（人社厅函〔2022〕2号）
select
    area, industry, period, sum(unfilled) as numerator, sum(staff + unfilled) as denominator, count(*) as units,
    max(unfilled) as largest_unit
from labour_shortage
group by all
