-- Warnings that a revision took out of the file, as they were last shown, for mails that told of them earlier.
-- unwatched: asked for mails, in bands
select
    episode.episode_id, episode.rule_id, episode.kind, episode.level, episode.opened_on, episode.changed_on,
    cast(null as date) as closed_on, 'revision' as close_reason, episode.data_to, episode.observed_band,
    episode.people_band, episode.area, coalesce(place.name, episode.area) as area_name, episode.indicator,
    coalesce(indicator.worse, 'higher') as worse, episode.industry,
    coalesce(industry.name, episode.industry) as industry_name,
    coalesce(indicator.title_zh, episode.indicator) as indicator_title, coalesce(indicator.unit, '') as unit,
    coalesce(titled.title, episode.rule_id) as rule_title
from episode_history as episode
inner join (select episode_id, max(known_from) as known_from from episode_history group by episode_id) as last
    on last.episode_id = episode.episode_id and last.known_from = episode.known_from
left join episode as shown on shown.episode_id = episode.episode_id
left join place on place.code = episode.area
left join industry on industry.code = episode.industry
left join indicator on indicator.indicator = episode.indicator
left join (select rule_id, max(title) as title from rule group by rule_id) as titled on titled.rule_id = episode.rule_id
where shown.episode_id is null
order by episode.level, episode.area, episode.industry, indicator_title, episode.episode_id
