-- title: 申领人数，按累计缴费年限 | Claims by years of contributions
-- unit: persons
-- units: persons
-- grain: month
-- categories: 5 = 不满 5 年 | below 5 years; 10 = 5 年以上不满 10 年 | 5 to below 10 years; 99 = 10 年以上 | 10 years and more
-- formula: 当月受理的申领人数，按累计缴费月数分组（社会保险法第四十六条的三档） | claims taken in the month, by months of contributions in the three steps of article 46 of the Social Insurance Law
-- source: 失业保险条例第十六条、第十七条；失业保险金申领 | Unemployment Insurance Regulations, articles 16 and 17; claims of unemployment benefit
select
    area, date_trunc('month', filed_on) as period,
    case
        when paid_months is null then ''
        when paid_months < 60 then '5'
        when paid_months < 120 then '10'
        else '99'
    end as category, count(*) as numerator, count(*) as units
from benefit_claim
group by all
