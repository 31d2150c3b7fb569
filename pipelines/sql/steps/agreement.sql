-- What the sources together say of each warning (said: edition_id, episode_id, source, says …), its own source among them.
-- conflicting: those that disagree are no fewer than those that say it, the own one included; consistent: two others or
-- more agree and none disagrees; corroborated: another one agrees; single: no other one says anything clear.
select
    said.*,
    case
        when counted.disagreeing > counted.agreeing then 'conflicting'
        when counted.agreeing > 1 and counted.disagreeing = 0 then 'consistent'
        when counted.agreeing > 0 then 'corroborated'
        else 'single'
    end as agreement
from said
join (
    select
        edition_id, episode_id, sum(case when says = 'agrees' then 1 else 0 end) as agreeing,
        sum(case when says = 'disagrees' then 1 else 0 end) as disagreeing
    from said
    group by edition_id, episode_id
) as counted on said.edition_id = counted.edition_id and said.episode_id = counted.episode_id
