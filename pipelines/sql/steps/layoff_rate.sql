-- Headcounts at the end of two years and the persons who claimed unemployment benefit in the second, by employer; claims
-- are unknown unless the employer's area (or the city, where it is the sender) sent all that it owed of that year.
with told as (
    select claim_slot.area, bool_and(in_force.drop_id is not null) as is_whole
    from claim_slot
    left join in_force
        on in_force.feed = claim_slot.feed and in_force.sender = claim_slot.area and in_force.period = claim_slot.period
    group by claim_slot.area
)
select
    old.employer, old.employer_name, old.area, old.industry, old.insured as before, new.insured as after,
    case when told.is_whole then coalesce(claim.claimed, 0) end as claimed
from insured_headcount_in_force as old
left join told on told.area in (old.area, $city)
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
