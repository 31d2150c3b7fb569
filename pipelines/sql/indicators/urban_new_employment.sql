-- title: 城镇新增就业人数 | New urban employment
-- unit: persons
-- units: persons
-- worse: lower
-- kind: count
-- grain: month
-- clock: effective
-- by: area
-- formula: 当月城镇新增就业人数之和 | people newly employed in towns in the month
-- source: 通知第二十五项“年度目标任务”；就业工作完成情况月报 | notice, item 25, "targets of the year"; monthly reports of employment results
-- sort: 11
-- shown: today
select
    area, period, sum(newly_employed) as numerator, sum(newly_employed) as units, max(newly_employed) as largest_unit
from employment_result
group by all
