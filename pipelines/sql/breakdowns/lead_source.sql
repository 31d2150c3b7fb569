-- title: 欠薪线索涉及人数，按来源 | Persons in leads on unpaid wages by source
-- unit: persons
-- units: employers
-- grain: month
-- categories: lead_source
-- formula: 当月登记的欠薪线索涉及人数，按线索来源分 | persons concerned by leads on unpaid wages entered in the month, by the source of the lead
-- source: 通知第八项、第二十二项；劳动保障监察 | notice, items 8 and 22; labour inspection
select
    area, industry, date_trunc('month', reported_on) as period, coalesce(source, '') as category,
    sum(persons) as numerator, count(*) as units
from wage_arrears_lead
group by all
