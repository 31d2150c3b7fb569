-- Who made up what one warning saw, the largest rise first, all others together last.
select kind, place, member, member_name, observed, expected
from contributor
where episode_id = $episode_id
order by case when place = 0 then 1 else 0 end, place
