-- Employers that are new or changed are known from this edition on.
insert into employer
select fresh.employer, fresh.employer_name, fresh.area, fresh.industry, fresh.insured, fresh.period, $cutoff_at, null
from employer_fresh as fresh
left join employer on employer.known_to is null and employer.employer = fresh.employer
where employer.employer is null
