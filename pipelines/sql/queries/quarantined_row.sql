-- The rows of one feed that were sent back since an instant, masked as they are kept, the newest files first.
-- unwatched: lines of files, masked
select
    drop_register.received_at, drop_register.sender, drop_register.period, drop_register.grain,
    drop_register.file_name, quarantine.line_number, quarantine.column_name, quarantine.value_masked,
    quarantine.reason, quarantine.reason_en
from quarantine
join drop_register on drop_register.drop_id = quarantine.drop_id
where drop_register.feed = $feed and drop_register.received_at >= $since
order by drop_register.received_at desc, drop_register.file_name, quarantine.line_number, quarantine.column_name
limit 200
