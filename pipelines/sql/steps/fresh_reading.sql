-- Readings of some indicators that one edition opened.
select *
from reading
where known_from = $cutoff_at and list_contains($indicators, indicator)
