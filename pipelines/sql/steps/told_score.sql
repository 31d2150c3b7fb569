-- Probabilities of one window as the editions told them, of the city, its areas and its industries; of each the last one.
select area, industry, window_from as period, p
from (
    select
        area, industry, window_from, p,
        row_number() over (partition by area, industry, window_from order by day desc, edition_id desc) as place
    from score
    where indicator = $indicator and window_periods = $window_periods and window_from >= $since
        and (area = $city or industry = 'ALL') and cohort = 'all' and industry not like 'tag:%'
) as told
where place = 1
