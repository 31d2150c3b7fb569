-- title: 劳动争议案件数 | Labour disputes taken on
-- unit: cases
-- units: persons
-- worse: higher
-- kind: count
-- grain: month
-- clock: effective
-- by: area × industry
-- formula: 当月立案的劳动争议案件数之和 | labour disputes taken on in the month
-- source: 通知第二十二项；劳动人事争议仲裁月报 | notice, item 22; monthly reports of labour arbitration
select area, industry, period, sum(cases) as numerator, sum(persons) as units, max(cases) as largest_unit
from labour_dispute
group by all
