-- title: 领取救助人数（汇总数列） | Benefit recipients (aggregate series)
-- unit: persons
-- units: persons
-- worse: higher
-- kind: stock
-- grain: month
-- clock: effective
-- by: area
-- formula: 汇总数列 benefit_recipients 各群体人数之和（发布方按救助种类分列，不另给合计） | sum over the cohorts of the aggregate series benefit_recipients (its publisher gives kinds of benefit, and no total)
-- source: 上级部门或统计机构的汇总数列 | aggregate series of a higher authority or statistical office
select area, period, sum(value) as numerator, cast(sum(value) as integer) as units, max(value) as largest_unit
from aggregate_series
where indicator = 'benefit_recipients' and grain = 'month' and industry = 'ALL' and cohort <> 'all'
    and occupation is null and adjustment = 'original' and value is not null
group by all
