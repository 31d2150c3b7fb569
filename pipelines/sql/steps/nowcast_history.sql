-- What every edition thought its provisional readings of areas to be, with its cut-off.
select edition.cutoff_at, area, period, value, likely, lo, hi
from nowcast
join edition using (edition_id)
where indicator = $indicator and grain = $grain and area <> $city
