-- Forecasts of one horizon as the editions told them, of the city, its areas and its industries; of each sum the last one.
select area, industry, period, lo80, hi80, lo95, hi95
from (
    select
        area, industry, period, lo80, hi80, lo95, hi95,
        row_number() over (partition by area, industry, period order by made_on desc, edition_id desc) as place
    from forecast
    where indicator = $indicator and horizon = $horizon and period >= $since
        and (area = $city or industry = 'ALL') and cohort = 'all' and industry not like 'tag:%'
) as told
where place = 1
