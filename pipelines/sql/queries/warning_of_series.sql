-- Early warnings of one area and industry that are open or were lifted since a day, the newest first.
-- unwatched: levels and days
select e.episode_id, e.indicator, e.area, e.industry, e.level, e.status, e.opened_on, e.closed_on, r.title as rule_title
from episode as e
left join (select rule_id, max(title) as title from rule group by rule_id) as r on e.rule_id = r.rule_id
where e.area = $area and e.industry = $industry and (e.status = 'open' or e.closed_on >= $since)
order by e.opened_on desc, e.episode_id
