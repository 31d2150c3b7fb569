-- How the early warnings in force differ from those of an earlier instant: new, raised, lowered, lifted.
-- watched: people
-- employers: employer
select
    coalesce(now.episode_id, past.episode_id) as episode_id, coalesce(now.area, past.area) as area,
    coalesce(now.industry, past.industry) as industry, coalesce(now.indicator, past.indicator) as indicator,
    coalesce(now.employer, past.employer) as employer, coalesce(now.employer_name, past.employer_name) as employer_name,
    now.level, past.level as past_level,
    coalesce(now.people, past.people) as people, coalesce(now.people_band, past.people_band) as people_band,
    case
        when past.episode_id is null then 'new'
        when now.episode_id is null then 'lifted'
        when now.level < past.level then 'raised'
        else 'lowered'
    end as change
from (select * from episode where status = 'open') as now
full outer join (
    select *
    from episode_history
    where status = 'open' and known_from <= $since and (known_to is null or known_to > $since)
) as past on now.episode_id = past.episode_id
where now.episode_id is null or past.episode_id is null or now.level <> past.level
order by coalesce(now.level, past.level), people desc nulls last, episode_id
