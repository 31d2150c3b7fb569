-- What monitored employers lost of the posts of a window beyond what they usually lose in as many months, seen by cell,
-- area, industry and city; $history is the first day looked back to.
select
    coalesce(form.area, $city) as area, coalesce(form.industry, 'ALL') as industry, form.employer,
    sum(form.losses) filter (form.period >= $since)
    - sum(form.losses) filter (form.period < $since) * (12 * (year($until) - year($since)) + month($until) - month($since) + 1)
    / nullif(count(distinct form.period) filter (form.period < $since), 0) as brought
from monitored_employer_in_force as form
where form.period between $history and $until
group by grouping sets (
    (form.employer, form.area, form.industry), (form.employer, form.area), (form.employer, form.industry), (form.employer)
)
having brought >= $least
