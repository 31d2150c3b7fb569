-- A listing that is gone, or says something else, ends as it was known.
update listed_employer
set known_to = $cutoff_at
where known_to is null and not exists (
    select 1 from listed_fresh as fresh
    where fresh.employer = listed_employer.employer and fresh.kind = listed_employer.kind
        and fresh.area = listed_employer.area
        and fresh.employer_name is not distinct from listed_employer.employer_name
        and fresh.industry is not distinct from listed_employer.industry
        and fresh.officer_post is not distinct from listed_employer.officer_post
        and fresh.from_on is not distinct from listed_employer.from_on
        and fresh.to_on is not distinct from listed_employer.to_on
        and fresh.period is not distinct from listed_employer.period
)
