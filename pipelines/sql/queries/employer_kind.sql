-- The employers on the list by kind, one area: insured and leaves beside what they were.
-- watched: insured, leaves
select
    area, kind, employers, counted_on, insured, insured_3, insured_12, leaves_to, leaves, leaves_3, leaves_12, leaves_usual,
    leaves_spread
from employer_kind
where area = $area
order by insured desc nulls last, kind
