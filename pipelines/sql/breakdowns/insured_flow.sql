-- title: 单位参保增减人数 | Insured persons gained and lost by employers
-- unit: persons
-- units: employers
-- grain: month
-- categories: joins = 本期增员 | joined; leaves = 本期减员 | left
-- overlap: yes
-- formula: 单位参保月报的本期增员、减员人数之和 | persons who joined and left in the monthly headcounts of employers
-- source: 社会保险法第五十七条；单位参保月报 | Social Insurance Law, article 57; monthly headcounts of employers
select area, industry, period, 'joins' as category, sum(joins) as numerator, count(*) as units
from insured_headcount
group by all
union all
select area, industry, period, 'leaves' as category, sum(leaves) as numerator, count(*) as units
from insured_headcount
group by all
