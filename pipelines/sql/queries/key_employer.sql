-- Employers that are on the list of key employers on a day, why, and the post that serves each.
-- unwatched: names of employers, no count
-- employers: employer
select area, employer, employer_name, industry, kind, officer_post, from_on, period
from listed_employer
where to_on is null or to_on >= $day
order by area, employer_name, employer, kind
