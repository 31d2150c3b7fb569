-- Monitored employers by each sender's newest form, those that lost most jobs in front.
-- watched: cur_jobs, losses, unpaid_persons
-- employers: employer
select
    employer, employer_name, area, industry, period, base_jobs, cur_jobs, losses, loss_type, loss_reason, ownership, size,
    operation, unpaid_persons
from monitored_list
order by losses desc, employer
