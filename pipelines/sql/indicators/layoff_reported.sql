-- title: 报告裁员人数 | Layoffs reported
-- unit: persons
-- units: employers
-- worse: higher
-- kind: count
-- grain: month
-- clock: filed
-- by: area × industry
-- formula: 当月报告的拟裁减（含关闭）人数
-- source: 劳动合同法第四十一条
select area, industry, date_trunc('month', reported_on) as period, sum(planned) as numerator, count(*) as units,
    max(planned) as largest_unit
from layoff_report
group by all
