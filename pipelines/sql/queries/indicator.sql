-- The catalogue of indicators.
-- unwatched: names
select indicator, title_zh, title_en, unit, worse, grains, clock, by_dims, formula, source, feed, is_ratio, scale, sort, shown
from indicator
order by indicator
