-- Employers on each sender's newest form of labour shortage, those with most posts unfilled in front.
-- watched: staff, unfilled
-- employers: employer
select
    employer, employer_name, area, industry, period, staff, unfilled, occupation, wage, expected_staff, operation,
    resumed_on, difficulties
from shortage_list
order by unfilled desc, employer
