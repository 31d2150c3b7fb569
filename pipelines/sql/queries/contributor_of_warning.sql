-- Who made up what one warning saw, the largest rise first, all others together last.
-- watched: observed
-- employers: employer
select
    kind, place, member, member_name, observed, expected, case when kind = 'employer' then member end as employer
from contributor
where episode_id = $episode_id
order by case when place = 0 then 1 else 0 end, place
