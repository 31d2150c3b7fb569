-- title: 在岗指数（汇总数列） | Payroll job index (aggregate series)
-- unit: index
-- units: reports
-- worse: lower
-- kind: given
-- grain: week
-- clock: effective
-- by: area × industry
-- formula: 汇总数列 payroll_jobs 的原始指数；指数不可相加，合计只取发布方自己给出的 | the aggregate series payroll_jobs as published; an index cannot be summed, totals are its publisher's own
-- source: 上级部门或统计机构的汇总数列 | aggregate series of a higher authority or statistical office
select area, industry, period, sum(value) as numerator, count(*) as units, 1 as largest_unit
from aggregate_series
where indicator = 'payroll_jobs' and grain = 'week' and cohort = 'all' and occupation is null
    and adjustment = 'original' and value is not null
group by all
