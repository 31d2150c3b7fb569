-- What was said of one early warning, vintage by vintage, oldest first.
-- watched: people
select
    episode_id, level, status, close_reason, data_to, observed, expected, p, people, observed_band, people_band,
    known_from, known_to
from episode_history
where episode_id = $episode_id
order by known_from
