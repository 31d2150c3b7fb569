-- People who joined an employer within the time after its layoff in which the laid-off come first, and how many of them
-- had left that employer since the layoff was reported, or carried out before its report (done_layoff.begun_on).
select
    done_layoff.report_id, count(distinct event.person) as joined,
    count(distinct case when gone.person is not null then event.person end) as returned
from done_layoff
join insured_event_in_force as event
    on event.employer = done_layoff.employer and event.direction = 'join' and event.effective_on > done_layoff.effective_on
    and event.effective_on < done_layoff.until
left join reversed_event on event.event_id = reversed_event.event_id
left join (
    select employer, person, max(effective_on) as left_on
    from insured_event_in_force
    where direction = 'leave' and effective_on >= $since and employer in (select done_layoff.employer from done_layoff)
    group by employer, person
) as gone on gone.employer = event.employer and gone.person = event.person and gone.left_on >= done_layoff.begun_on
where event.effective_on > $since and event.reverses_event_id is null and reversed_event.event_id is null
group by done_layoff.report_id
