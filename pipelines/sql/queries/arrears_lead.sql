-- Leads on unpaid wages that are open, or were entered since a day, oldest first.
-- watched: persons
-- employers: employer
select lead_id, employer, employer_name, area, industry, reported_on, persons, amount, status, source, closed_on
from arrears_lead
where closed_on is null or reported_on >= $since
order by reported_on, lead_id
