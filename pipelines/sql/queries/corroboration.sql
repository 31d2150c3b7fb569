-- What other sources say of one warning, those that agree first.
-- unwatched: a strength without unit
select source, by_indicator, by_industry, says, strength, data_to
from corroboration
where episode_id = $episode_id
order by case says when 'agrees' then 1 when 'disagrees' then 2 when 'unclear' then 3 else 4 end, source
