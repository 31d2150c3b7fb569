-- title: 公益性岗位在岗人数，按类别 | Persons in public-welfare posts by kind
-- unit: persons
-- units: employers
-- grain: month
-- categories: rural = 乡村公益性岗位 | rural posts; urban = 城镇公益性岗位 | urban posts; epidemic = 疫情临时岗位 | posts of the epidemic
-- formula: 月末公益性岗位在岗人数，按岗位类别分；单位数为不同用人单位数 | persons in public-welfare posts at the end of the month, by kind of post; units are different places
-- source: 通知第九项；公益性岗位月报 | notice, item 9; monthly reports of public-welfare posts
select
    area, period, coalesce(kind, '') as category, sum(persons) as numerator, count(distinct unit_name) as units
from welfare_post
group by all
