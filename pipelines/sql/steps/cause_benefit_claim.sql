-- Employers that many of the claimants of a window worked for, seen by cell, area, industry and city.
select coalesce(claim.area, $city) as area, coalesce(claim.industry, 'ALL') as industry, claim.employer, count(*) as brought
from benefit_claim_in_force as claim
where claim.filed_on between $since and $until
group by grouping sets (
    (claim.employer, claim.area, claim.industry), (claim.employer, claim.area), (claim.employer, claim.industry),
    (claim.employer)
)
having count(*) >= $least
