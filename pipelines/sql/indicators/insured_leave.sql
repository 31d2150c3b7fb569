-- title: 失业风险减员 | Insured leaves with a risk of unemployment
-- unit: persons
-- units: persons
-- worse: higher
-- kind: count
-- grain: day, week, month
-- clock: filed
-- by: area × industry
-- formula: 当期申报的减员中，原因为解除、终止劳动合同或原因不明的人数（退休、死亡、转移、退保不计） | leaves declared in the period whose cause is a contract dissolved or ended, or is unknown (retirement, death, transfer and withdrawal do not count)
-- source: 社会保险法第五十条、第五十七条 | Social Insurance Law, articles 50 and 57
-- sort: 2
-- shown: matrix, counties
select area, industry, filed_on as period, count(*) as numerator, count(*) as units, 1 as largest_unit
from insured_event
where direction = 'leave' and is_risk
group by all
