-- What one edition thought its provisional readings of areas to be.
select area, period, value, likely, lo, hi
from nowcast
where edition_id = $edition and indicator = $indicator and grain = $grain and area <> $city
