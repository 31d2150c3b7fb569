-- What is told of a cell ends with this edition: the cell is gone, was hidden or shown meanwhile, or its figures differ.
update general.reading as g
set known_to = $cutoff_at
from cells_told as d
where d.was_told and g.known_to is null and {same}
    and (not d.is_here or g.is_suppressed <> d.is_suppressed or (not d.is_suppressed and ({differs})))
