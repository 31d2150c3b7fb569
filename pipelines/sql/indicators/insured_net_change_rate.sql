-- title: 参保净增减率 | Net change rate of insured persons
-- unit: percent
-- units: persons
-- worse: lower
-- kind: ratio
-- judged: net
-- roster: insured_event
-- shares: numerator = insured_net_change, denominator = insured_headcount -1
-- grain: month
-- clock: filed
-- by: area × industry
-- formula: （当月申报增员 − 当月申报减员）÷ 上月末参保人数 × 100 | (joins declared in the month − leaves declared in the month) ÷ insured at the end of the month before × 100
-- source: 社会保险法第五十七条、第五十八条；社会保险单位月报 | Social Insurance Law, articles 57 and 58; employers' monthly reports of social insurance
-- sort: 7
select
    coalesce(stock.area, flow.area) as area, coalesce(stock.industry, flow.industry) as industry, reporting.period,
    coalesce(flow.net_change, 0) as numerator, coalesce(stock.insured, 0) as denominator,
    coalesce(stock.insured, 0) as units, stock.largest_unit
from (
    select area, industry, period + interval 1 month as period, sum(insured) as insured, max(insured) as largest_unit
    from insured_headcount
    group by all
) as stock
full join (
    select
        area, industry, date_trunc('month', filed_on) as period,
        sum(case when direction = 'join' then 1 else -1 end) as net_change
    from insured_event
    group by all
) as flow on stock.area = flow.area and stock.industry = flow.industry and stock.period = flow.period
join (
    select distinct area, period + interval 1 month as period
    from insured_headcount
) as reporting
    on reporting.area = coalesce(stock.area, flow.area) and reporting.period = coalesce(stock.period, flow.period)
