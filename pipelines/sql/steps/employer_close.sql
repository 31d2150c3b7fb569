-- An employer whose newest headcount says something else ends as it was known.
update employer
set known_to = $cutoff_at
from employer_fresh as fresh
where employer.known_to is null and employer.employer = fresh.employer
    and (
        employer.employer_name is distinct from fresh.employer_name or employer.area is distinct from fresh.area
        or employer.industry is distinct from fresh.industry or employer.insured is distinct from fresh.insured
        or employer.period is distinct from fresh.period
    )
