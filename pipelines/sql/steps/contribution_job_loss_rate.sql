-- What each monitored employer brings to the lost posts, by the month of its form.
select employer as member, area, industry, period as day, losses as people
from monitored_employer_in_force
