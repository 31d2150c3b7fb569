-- title: 网络招聘广告（汇总数列） | Online vacancies (aggregate series)
-- unit: adverts
-- units: reports
-- worse: lower
-- kind: stock
-- grain: month
-- clock: filed
-- by: area
-- formula: 汇总数列 online_vacancies 的全职业合计（移动平均）；发布方的分职业数不再相加 | all occupations of the aggregate series online_vacancies (moving average); its publisher's figures by occupation are not summed again
-- source: 上级部门或统计机构的汇总数列 | aggregate series of a higher authority or statistical office
select area, period, sum(value) as numerator, count(*) as units, 1 as largest_unit
from aggregate_series
where indicator = 'online_vacancies' and grain = 'month' and industry = 'ALL' and cohort = 'all' and occupation is null
    and adjustment = 'average' and value is not null
group by all
