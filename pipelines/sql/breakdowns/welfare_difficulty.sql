-- title: 公益性岗位中困难人员占比 | Share of persons in difficulty in public-welfare posts
-- unit: percent
-- units: employers
-- grain: month
-- categories: rural = 乡村公益性岗位 | rural posts; urban = 城镇公益性岗位 | urban posts; epidemic = 疫情临时岗位 | posts of the epidemic
-- formula: 就业困难人员人数 ÷ 在岗人数 × 100（填报困难人员人数的岗位） | persons in difficulty ÷ persons in the posts × 100 (posts that give both)
-- source: 通知第九项；公益性岗位月报 | notice, item 9; monthly reports of public-welfare posts
select
    area, period, coalesce(kind, '') as category, sum(in_difficulty) as numerator, sum(persons) as denominator,
    count(distinct unit_name) as units
from welfare_post
where in_difficulty is not null
group by all
