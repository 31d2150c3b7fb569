-- Reports that are new or changed are known from this edition on.
insert into filed_report
select
    fresh.report_id, fresh.employer, fresh.employer_name, fresh.area, fresh.industry, fresh.staff, fresh.planned,
    fresh.kind, fresh.told_on, fresh.reported_on, fresh.effective_on, fresh.ground, fresh.wages_owed,
    fresh.contributions_owed, $cutoff_at, null
from report_fresh as fresh
left join filed_report as known
    on known.known_to is null and known.report_id = fresh.report_id and known.area = fresh.area
where known.report_id is null
