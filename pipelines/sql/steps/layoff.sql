-- Layoff reports in force that were filed in the window, newest report of an employer last.
select layoff_report.report_id, layoff_report.employer, layoff_report.employer_name, layoff_report.area,
    layoff_report.industry, layoff_report.staff, layoff_report.planned, layoff_report.kind as layoff_kind, layoff_report.reported_on,
    layoff_report.effective_on
from layoff_report
join in_force on layoff_report.drop_id = in_force.drop_id
where layoff_report.reported_on between $since and $until
order by layoff_report.reported_on, layoff_report.report_id
