-- title: 领取失业保险金人数 | People receiving benefits
-- unit: persons
-- units: persons
-- worse: higher
-- kind: stock
-- grain: month
-- clock: effective
-- by: area
-- roster: benefit_payment, aggregate_series
-- formula: 当月发放失业保险金的人数；没有发放月报的地方为汇总数列 benefit_recipients 各群体人数之和 | people paid unemployment benefit in the month; where no such report comes, the sum over the cohorts of the aggregate series benefit_recipients
-- source: 鲁人社发〔2016〕14号失业指标“领取失业保险金人数”；失业保险金发放月报、上级部门的汇总数列 | Lu Ren She Fa [2016] No. 14, unemployment indicator "people receiving benefits"; monthly reports of benefit payments, aggregate series of a higher authority
-- sort: 12
-- shown: today
select
    area, period, sum(recipients) as numerator, cast(sum(recipients) as integer) as units,
    max(recipients) as largest_unit
from (
    select area, period, recipients
    from benefit_payment
    union all
    select area, period, value as recipients
    from aggregate_series
    where indicator = 'benefit_recipients' and grain = 'month' and industry = 'ALL' and cohort <> 'all'
        and occupation is null and adjustment = 'original' and value is not null
        and not exists (
            select 1
            from benefit_payment
            where benefit_payment.area = aggregate_series.area and benefit_payment.period = aggregate_series.period
        )
) as paid
group by all
