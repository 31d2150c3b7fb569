-- title: 失业人员再就业人数 | Unemployed who found work again
-- unit: persons
-- units: persons
-- worse: lower
-- kind: count
-- grain: month
-- clock: effective
-- by: area
-- formula: 当月失业人员再就业人数之和 | unemployed people who found work again in the month
-- source: 通知第二十五项“年度目标任务”；就业工作完成情况月报 | notice, item 25, "targets of the year"; monthly reports of employment results
select area, period, sum(reemployed) as numerator, sum(reemployed) as units, max(reemployed) as largest_unit
from employment_result
group by all
