-- Employers in arrears of contributions or with a deferral, by their headcount of the newest month of their area.
-- watched: insured
-- employers: employer
select
    one.employer, one.employer_name, one.area, one.industry, one.insured, one.period, one.arrears_months,
    one.arrears_amount, one.is_deferred, one.deferred_until
from employer as one
join (select area, max(period) as period from employer group by area) as newest
    on newest.area = one.area and newest.period = one.period
where one.arrears_months > 0 or one.is_deferred
order by one.arrears_months desc nulls last, one.deferred_until nulls last, one.insured desc, one.employer
