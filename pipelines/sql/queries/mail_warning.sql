-- The warnings a mail may name: level, state, dates and bands; no exact figure, no employer.
-- unwatched: asked for mails, in bands
select
    episode.episode_id, episode.rule_id, episode.kind, episode.level, episode.status, episode.opened_on, episode.closed_on,
    episode.close_reason, episode.data_to, episode.observed_band, episode.people_band,
    episode.area, coalesce(place.name, episode.area) as area_name,
    episode.indicator, episode.changed_on, coalesce(indicator.worse, 'higher') as worse,
    coalesce(indicator.feed, '') as feed,
    episode.industry, coalesce(industry.name, episode.industry) as industry_name,
    coalesce(indicator.title_zh, episode.indicator) as indicator_title, coalesce(indicator.unit, '') as unit,
    coalesce(titled.title, episode.rule_id) as rule_title, coalesce(told.agreement, '') as agreement
from episode
left join place on place.code = episode.area
left join industry on industry.code = episode.industry
left join indicator on indicator.indicator = episode.indicator
left join (select rule_id, max(title) as title from rule group by rule_id) as titled on titled.rule_id = episode.rule_id
left join (select distinct episode_id, agreement from corroboration) as told on told.episode_id = episode.episode_id
order by episode.level, place.sort, episode.area, episode.industry, indicator_title, episode.episode_id
