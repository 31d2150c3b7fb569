-- title: 单位原因减员 | Insured leaves by the employer
-- unit: persons
-- units: persons
-- worse: higher
-- kind: count
-- grain: day, week, month
-- clock: filed
-- by: area × industry
-- formula: 当期申报的减员中，原因为用人单位提出解除劳动合同、经济性裁员、关闭破产的人数 | leaves declared in the period whose cause is a contract dissolved by the employer, an economic layoff, or a closing
-- source: 劳动合同法第四十条、第四十一条、第四十四条；失业保险条例第十四条 | Labour Contract Law, articles 40, 41 and 44; Unemployment Insurance Regulations, article 14
select area, industry, filed_on as period, count(*) as numerator, count(*) as units, 1 as largest_unit
from insured_event
where direction = 'leave' and is_dismissal
group by all
