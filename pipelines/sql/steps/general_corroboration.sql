-- What sources say of a warning, for everybody: of whole areas, without figures, tags and employers' reports. What they say
-- together is of these alone: else a report that is not told would show in it.
insert into general.corroboration by name
with said as (
    select
        edition_id, day, episode_id, area,
        case
            when episode_id in (select episode_id from restricted.episode where kind = $of_employer) then $every_industry
            else industry
        end as industry, source, by_indicator, by_industry, says, data_to
    from restricted.corroboration
    where by_industry = $every_industry and source <> 'layoff_reports' and industry not like 'tag:%'
        and edition_id not in (select edition_id from general.corroboration)
)
select *
from {agreement}
