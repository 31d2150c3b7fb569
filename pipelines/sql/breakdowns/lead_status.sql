-- title: 欠薪线索涉及人数，按办理状态 | Persons in leads on unpaid wages by state
-- unit: persons
-- units: employers
-- grain: month
-- categories: lead_status
-- formula: 当月登记的欠薪线索涉及人数，按目前办理状态分 | persons concerned by leads on unpaid wages entered in the month, by their state so far
-- source: 通知第八项、第二十二项；劳动保障监察 | notice, items 8 and 22; labour inspection
select
    area, industry, date_trunc('month', reported_on) as period, coalesce(status, '') as category,
    sum(persons) as numerator, count(*) as units
from wage_arrears_lead
group by all
