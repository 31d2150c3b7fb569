-- title: 小区域失业率（汇总数列） | Small-area unemployment rate (aggregate series)
-- unit: percent
-- units: persons
-- worse: higher
-- kind: ratio
-- judged: stock
-- grain: quarter
-- clock: effective
-- by: area
-- formula: 汇总数列 unemployed ÷ labour_force × 100（移动平均）；两者缺一则无读数 | aggregate series unemployed ÷ labour_force × 100 (moving average); no reading where one of them lacks
-- source: 上级部门或统计机构的汇总数列 | aggregate series of a higher authority or statistical office
select
    area, period,
    sum(case when indicator = 'unemployed' then value end) as numerator,
    sum(case when indicator = 'labour_force' then value end) as denominator,
    cast(sum(case when indicator = 'unemployed' then value end) as integer) as units, 1 as largest_unit
from aggregate_series
where indicator in ('unemployed', 'labour_force') and grain = 'quarter' and industry = 'ALL' and cohort = 'all'
    and occupation is null and adjustment = 'average' and value is not null
group by all
having count(distinct indicator) = 2
