-- Leads on unpaid wages of the drops in force, of each number and area the one received last.
create or replace temp table arrears_lead_fresh as
select lead_id, employer, employer_name, area, industry, reported_on, persons, amount, status, source, closed_on
from (
    select
        fact.*,
        row_number() over (
            partition by fact.lead_id, fact.area
            order by fact.reported_on desc, register.received_at desc, fact.drop_id, fact.line_number
        ) as position
    from wage_arrears_lead_in_force as fact
    join drop_register as register on register.drop_id = fact.drop_id
    where fact.lead_id is not null and fact.area is not null
) as one
where position = 1
