-- What each employer brings to the claimants, by day of filing.
select employer as member, area, industry, filed_on as day, 1 as people
from benefit_claim_in_force
