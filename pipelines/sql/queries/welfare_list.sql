-- Public-welfare posts of each sender's newest form with persons in them, those that end first in front.
-- watched: persons, in_difficulty
select post_id, unit_name, area, kind, period, persons, subsidy, started_on, ends_on, in_difficulty
from welfare_list
where persons > 0
order by ends_on nulls last, persons desc, post_id
