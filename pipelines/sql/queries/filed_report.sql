-- Layoff reports in force that were filed since a day, newest first.
-- watched: people, staff
-- employers: employer
select
    report_id, employer, employer_name, area, industry, staff, planned as people, kind, told_on, reported_on, effective_on,
    ground, wages_owed, contributions_owed, compensation, settlement
from filed_report
where reported_on >= $since
order by reported_on desc, planned desc, report_id
