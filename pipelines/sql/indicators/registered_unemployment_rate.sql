-- title: 城镇登记失业率（估算） | Registered urban unemployment rate (estimate)
-- unit: percent
-- units: persons
-- worse: higher
-- kind: ratio
-- judged: stock
-- grain: month
-- clock: effective
-- by: area
-- formula: 期末登记失业人数 ÷（期末城镇从业人员 + 期末登记失业人数）× 100；区县的从业人员多为年度数，故为估算 | registered unemployed at the end of the period ÷ (urban employed + registered unemployed at the end of the period) × 100; employed of counties are mostly yearly figures, so this is an estimate
-- source: 鲁人社发〔2016〕14号失业指标“城镇登记失业率” | Lu Ren She Fa [2016] No. 14, unemployment indicator "registered urban unemployment rate"
-- sort: 13
-- shown: today
select
    area, period, sum(registered) as numerator, sum(employed + registered) as denominator, sum(registered) as units,
    max(registered) as largest_unit
from registered_unemployment
group by all
