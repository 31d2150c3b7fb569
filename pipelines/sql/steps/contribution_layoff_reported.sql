-- What each employer brings to the layoffs reported, by the day of its report.
select employer as member, area, industry, reported_on as day, planned as people
from layoff_report_in_force
