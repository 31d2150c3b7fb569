-- title: 欠薪线索涉及人数 | Persons in leads on unpaid wages
-- unit: persons
-- units: employers
-- worse: higher
-- kind: count
-- grain: month
-- clock: filed
-- by: area × industry
-- formula: 当月登记的欠薪线索涉及的人数之和 | people concerned by leads on unpaid wages entered in the month
-- source: 通知第八项、第二十二项；劳动保障监察 | notice, items 8 and 22; labour inspection
select
    area, industry, date_trunc('month', reported_on) as period, sum(persons) as numerator, count(*) as units,
    max(persons) as largest_unit
from wage_arrears_lead
group by all
