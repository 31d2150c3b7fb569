-- The posts that serve an employer which is on the list of key employers on a day, and why it is there.
-- unwatched: posts that serve an employer
select area, kind, officer_post, from_on, period
from listed_employer
where employer = $employer and (to_on is null or to_on >= $day)
order by officer_post is null, from_on, kind
