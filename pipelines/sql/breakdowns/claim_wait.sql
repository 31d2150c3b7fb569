-- title: 申领人数，按失业到申领的日数 | Claims by days from unemployment to claim
-- unit: persons
-- units: persons
-- grain: month
-- categories: 30 = 30 日以内 | up to 30 days; 60 = 31–60 日 | 31 to 60 days; 365 = 61 日至一年 | 61 days to a year; 999 = 一年以上 | more than a year
-- formula: 当月受理的申领人数，按失业日期到受理日期的日数分组；失业后 60 日内应办理 | claims taken in the month, by days from unemployment to the claim; it should be made within 60 days
-- source: 失业保险条例第十六条、第十七条；失业保险金申领 | Unemployment Insurance Regulations, articles 16 and 17; claims of unemployment benefit
select
    area, date_trunc('month', filed_on) as period,
    case
        when unemployed_on is null then ''
        when filed_on <= unemployed_on + interval 30 day then '30'
        when filed_on <= unemployed_on + interval 60 day then '60'
        when filed_on <= unemployed_on + interval 365 day then '365'
        else '999'
    end as category, count(*) as numerator, count(*) as units
from benefit_claim
group by all
