-- title: 参保净增减 | Net change of insured persons
-- unit: persons
-- units: persons
-- worse: lower
-- kind: count
-- judged: net
-- grain: week, month
-- clock: filed
-- by: area × industry
-- formula: 当期申报增员人数 − 当期申报减员人数 | joins declared in the period − leaves declared in the period
-- source: 社会保险法第五十七条、第五十八条 | Social Insurance Law, articles 57 and 58
-- sort: 3
select
    area, industry, filed_on as period,
    sum(case when direction = 'join' then 1 else -1 end) as numerator, count(*) as units, 1 as largest_unit
from insured_event
group by all
