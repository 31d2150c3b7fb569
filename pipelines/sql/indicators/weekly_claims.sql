-- title: 每周初次申领（汇总数列） | Weekly initial claims (aggregate series)
-- unit: persons
-- units: reports
-- worse: higher
-- kind: count
-- grain: week
-- clock: filed
-- by: area
-- formula: 汇总数列 weekly_claims 的数值 | values of the aggregate series weekly_claims
-- source: 上级部门或统计机构的汇总数列 | aggregate series of a higher authority or statistical office
-- sort: 5
-- shown: matrix, counties
select area, period, sum(value) as numerator, max(denominator) as denominator, count(*) as units, 1 as largest_unit
from aggregate_series
where indicator = 'weekly_claims' and grain = 'week' and industry = 'ALL' and cohort = 'all' and occupation is null
    and adjustment = 'original' and value is not null
group by all
