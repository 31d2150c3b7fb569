-- Headcounts at the end of two years and the persons who claimed unemployment benefit in the second, by employer.
select
    old.employer, old.employer_name, old.area, old.industry, old.insured as before, new.insured as after,
    coalesce(claim.claimed, 0) as claimed
from insured_headcount_in_force as old
left join (
    select employer, insured
    from insured_headcount_in_force
    where period = $after
) as new on old.employer = new.employer
left join (
    select employer, count(distinct person) as claimed
    from benefit_claim_in_force
    where filed_on between $first and $last
    group by employer
) as claim on old.employer = claim.employer
where old.period = $before
order by old.employer
