-- title: 公益性岗位月补贴标准 | Monthly subsidy of public-welfare posts
-- unit: yuan
-- units: employers
-- grain: month
-- categories: rural = 乡村公益性岗位 | rural posts; urban = 城镇公益性岗位 | urban posts; epidemic = 疫情临时岗位 | posts of the epidemic
-- formula: 每人每月补贴标准按在岗人数加权，按岗位类别分 | subsidy a person and month weighted by persons, by kind of post
-- source: 通知第九项；公益性岗位月报 | notice, item 9; monthly reports of public-welfare posts
select
    area, period, coalesce(kind, '') as category, sum(subsidy * persons) as numerator, sum(persons) as denominator,
    count(distinct unit_name) as units
from welfare_post
where subsidy is not null
group by all
