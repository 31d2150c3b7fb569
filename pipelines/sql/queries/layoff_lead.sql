-- Employers for an analyst to look at, with the title of the rule and the first day on which each was on the list.
-- watched: people, reported, staff
-- employers: employer
select
    lead.rule_id, lead.kind, rule.title as rule_title, lead.employer, lead.employer_name, lead.area, lead.industry,
    since.first_on, lead.window_from, lead.window_to, lead.people, lead.reported, lead.staff, lead.ratio, lead.expected,
    lead.p, lead.told_on, lead.effective_on, lead.returned
from layoff_lead as lead
left join (select rule_id, max(title) as title from rule group by rule_id) as rule on lead.rule_id = rule.rule_id
left join (
    select kind, employer, min(day) as first_on
    from layoff_lead_history
    group by kind, employer
) as since on lead.kind = since.kind and lead.employer = since.employer
order by lead.kind desc, lead.people desc, lead.employer
