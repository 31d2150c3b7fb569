-- Layoff reports in force that were filed in the window, newest report of an employer last.
select report_id, employer, employer_name, area, industry, staff, planned, kind as layoff_kind, told_on, reported_on,
    effective_on
from layoff_report_in_force
where reported_on between $since and $until
order by reported_on, report_id
