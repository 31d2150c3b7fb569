-- Warnings for everybody: in bands, and of no employer. A warning about a single employer is told by area alone: many a
-- section of an area has one or two large ones; so has many a tag of industries, which is told of the city alone.
insert into general.episode by name
select
    episode_id, rule_id, kind, indicator, area,
    case when kind = $of_employer then $every_industry else industry end as industry,
    null as employer, null as employer_name, level,
    status, opened_on, changed_on, closed_on, close_reason, window_from, window_to, data_to, null as observed,
    null as expected, null as lo, null as hi, null as p, null as people, line,
    {observed_band} as observed_band, {people_band} as people_band,
    quiet_periods, judged_to, known_from, known_to, rule_hash
from restricted.episode
where area = $city or industry not like 'tag:%'
