-- Listings that are new or changed are known from this edition on.
insert into listed_employer
select
    fresh.employer, fresh.employer_name, fresh.area, fresh.industry, fresh.kind, fresh.officer_post, fresh.from_on,
    fresh.to_on, fresh.period, $cutoff_at, null
from listed_fresh as fresh
left join listed_employer as known
    on known.known_to is null and known.employer = fresh.employer and known.kind = fresh.kind
    and known.area = fresh.area
where known.employer is null
