-- What employers brought of the claimants of a window beyond what they usually bring in as many days, seen by cell, area,
-- industry and city; $history is the first day looked back to.
select
    coalesce(claim.area, $city) as area, coalesce(claim.industry, 'ALL') as industry, claim.employer,
    count(*) filter (claim.filed_on >= $since)
    - count(*) filter (claim.filed_on < $since) * (date_diff('day', $since, $until) + 1)
    / nullif(date_diff('day', greatest($history, (select min(filed_on) from benefit_claim_in_force)), $since), 0) as brought
from benefit_claim_in_force as claim
where claim.filed_on between $history and $until and claim.employer in (
    select employer from benefit_claim_in_force where filed_on between $since and $until
    group by employer having count(*) >= $least
)
group by grouping sets (
    (claim.employer, claim.area, claim.industry), (claim.employer, claim.area), (claim.employer, claim.industry),
    (claim.employer)
)
having brought >= $least
