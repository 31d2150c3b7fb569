-- The cut-off of the last edition that a file knows.
select max(cutoff_at) as cutoff_at
from {edition}
