-- title: 申领人数，按失业原因 | Claims by reason of unemployment
-- unit: persons
-- units: persons
-- grain: month
-- categories: unemployment_reason
-- formula: 当月受理的失业保险金申领人数，按失业原因分 | claims of unemployment benefit taken in the month, by reason of unemployment
-- source: 失业保险条例第十六条、第十七条；失业保险金申领 | Unemployment Insurance Regulations, articles 16 and 17; claims of unemployment benefit
select
    area, industry, date_trunc('month', filed_on) as period, coalesce(reason, '') as category, count(*) as numerator,
    count(*) as units
from benefit_claim
group by all
