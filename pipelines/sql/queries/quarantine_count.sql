-- Why rows were sent back since an instant: how many rows of how many files, by feed, sender, column and rule.
-- unwatched: lines of files, not people
select
    drop_register.feed, drop_register.sender, quarantine.column_name, quarantine.rule, count(*) as refused,
    count(distinct drop_register.drop_id) as files, max(drop_register.received_at) as received_at,
    min(quarantine.reason) as reason, min(quarantine.reason_en) as reason_en
from quarantine
join drop_register on drop_register.drop_id = quarantine.drop_id
where drop_register.received_at >= $since
group by drop_register.feed, drop_register.sender, quarantine.column_name, quarantine.rule
order by refused desc, drop_register.feed, drop_register.sender, quarantine.column_name, quarantine.rule
