-- What the monitored villages of each township say of a week: the first nine digits of a village's code are the township's.
create or replace temp table township_labour_fresh as
select
    area, substring(village, 1, 9) as township, min(village_name) as village_name, cast({week} as date) as period,
    cast(count(*) as integer) as villages, cast(sum(away) as integer) as away,
    cast(sum(away_before) as integer) as away_before, cast(sum(returned) as integer) as returned
from (
    select area, village, village_name, surveyed_on as period, away, away_before, returned
    from monitored_village_in_force
    where surveyed_on >= $since
) as told
group by all
