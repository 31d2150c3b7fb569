-- Which rule each early warning is of, lifted ones too.
-- unwatched: names of rules
select episode_id, rule_id
from episode
order by episode_id
