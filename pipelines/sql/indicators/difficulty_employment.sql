-- title: 就业困难人员就业人数 | People in difficulty who found work
-- unit: persons
-- units: persons
-- worse: lower
-- kind: count
-- grain: month
-- clock: effective
-- by: area
-- formula: 当月就业困难人员就业人数之和 | people in employment difficulty who found work in the month
-- source: 通知第九项、第二十五项；就业工作完成情况月报 | notice, items 9 and 25; monthly reports of employment results
select
    area, period, sum(difficulty_employed) as numerator, sum(difficulty_employed) as units,
    max(difficulty_employed) as largest_unit
from employment_result
group by all
