-- title: 长期失业占比 | Share of long-term unemployed
-- unit: percent
-- units: persons
-- worse: higher
-- kind: ratio
-- judged: stock
-- grain: month
-- clock: effective
-- by: area
-- formula: 连续登记失业十二个月以上人数 ÷ 期末登记失业人数 × 100 | people registered as unemployed for twelve months or more ÷ registered unemployed at the end of the period × 100
-- source: 山东省就业促进条例第四十二条“连续失业一年以上”；鲁人社发〔2016〕14号 | Shandong Employment Promotion Regulations, article 42, "unemployed for a year or more"; Lu Ren She Fa [2016] No. 14
select
    area, period, sum(over_twelve_months) as numerator, sum(registered) as denominator, sum(registered) as units,
    max(over_twelve_months) as largest_unit
from long_term_unemployment
group by all
