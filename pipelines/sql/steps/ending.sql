-- What ends, and the day on which each ends, beside the indicator whose rules judge it: deferrals of contributions by
-- each employer's newest headcount in force, public-welfare posts by their area's newest file in force. An empty file
-- counts too: what it no longer names has ended. `employer` tells what ends apart within its indicator.
select 'insured_deferring' as indicator, employer, area, industry, insured as people, deferred_until as ends_on
from (
    select
        employer, area, industry, insured, is_deferred, deferred_until,
        row_number() over (partition by employer order by period desc, drop_id, line_number) as position
    from insured_headcount_in_force
    where period >= $since
) as newest
where position = 1 and is_deferred and deferred_until >= $day
union all
select
    'welfare_post' as indicator, post.area || ' ' || post.post_id as employer, post.area, $every_industry as industry,
    post.persons as people, post.ends_on
from welfare_post_in_force as post
join (
    select area, max(period) as period
    from (
        select sender as area, period
        from in_force
        where feed = 'welfare_post'
        union all
        select area, period
        from welfare_post_in_force
    ) as told
    group by area
) as newest on newest.area = post.area and newest.period = post.period
where post.period >= $since and post.persons > 0 and post.ends_on >= $day
