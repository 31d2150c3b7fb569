-- A report that is gone, or says something else, ends as it was known.
update filed_report
set known_to = $cutoff_at
where known_to is null and not exists (
    select 1
    from report_fresh as fresh
    where fresh.report_id = filed_report.report_id and fresh.area = filed_report.area
        and fresh.employer is not distinct from filed_report.employer
        and fresh.employer_name is not distinct from filed_report.employer_name
        and fresh.industry is not distinct from filed_report.industry
        and fresh.staff is not distinct from filed_report.staff
        and fresh.planned is not distinct from filed_report.planned
        and fresh.kind is not distinct from filed_report.kind
        and fresh.told_on is not distinct from filed_report.told_on
        and fresh.reported_on is not distinct from filed_report.reported_on
        and fresh.effective_on is not distinct from filed_report.effective_on
        and fresh.ground is not distinct from filed_report.ground
        and fresh.wages_owed is not distinct from filed_report.wages_owed
        and fresh.contributions_owed is not distinct from filed_report.contributions_owed
)
