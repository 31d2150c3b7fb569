-- title: 申领人数，按学历 | Claims by education
-- unit: persons
-- units: persons
-- grain: month
-- categories: education
-- formula: 当月受理的失业保险金申领人数，按学历分 | claims of unemployment benefit taken in the month, by education
-- source: 失业保险条例第十六条、第十七条；失业保险金申领 | Unemployment Insurance Regulations, articles 16 and 17; claims of unemployment benefit
select
    area, date_trunc('month', filed_on) as period, coalesce(education, '') as category, count(*) as numerator,
    count(*) as units
from benefit_claim
group by all
