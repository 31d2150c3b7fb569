-- title: 失业保险金新增申领 | New unemployment-benefit claims
-- unit: persons
-- units: persons
-- worse: higher
-- kind: count
-- grain: day, week, month
-- clock: filed
-- by: area × industry, area × cohort
-- formula: 当期受理的失业保险金申领件数 | unemployment benefit claims accepted in the period
-- source: 失业保险条例第十六条；鲁人社发〔2016〕14号失业指标“新增领取人数” | Unemployment Insurance Regulations, article 16; Lu Ren She Fa [2016] No. 14, unemployment indicator "new recipients"
-- sort: 1
-- shown: matrix, counties
select area, industry, filed_on as period, count(*) as numerator, count(*) as units, 1 as largest_unit
from benefit_claim
group by all
