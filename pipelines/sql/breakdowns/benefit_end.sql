-- title: 预计领取期满人数 | Expected ends of benefit
-- unit: persons
-- units: persons
-- grain: month
-- categories: granted = 核定期限届满 | end of the months granted
-- look_back_days: 800
-- ahead: yes
-- formula: 受理月份加核定月数为预计期满月份，按月计人数；中途就业等停领未扣除 | month of the claim plus the months granted, by that month; who stops earlier is not taken off
-- source: 失业保险条例第十六条、第十七条；失业保险金申领 | Unemployment Insurance Regulations, articles 16 and 17; claims of unemployment benefit
select
    area, date_trunc('month', filed_on + granted_months * interval 1 month) as period, 'granted' as category,
    count(*) as numerator, count(*) as units
from benefit_claim
where granted_months is not null
group by all
