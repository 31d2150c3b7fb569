-- The last files: what each speaks for, when it came, what became of its rows. A file read again counts once, as first.
-- units: its rows once more, under a name that counts as one of people.
-- watched: rows_total, rows_accepted
select
    drop_id, feed, sender, period, grain, version, is_supplement, received_at, file_name, rows_total, rows_accepted,
    rows_quarantined, status, reason, reason_en, rows_accepted as units
from drop_register
where origin_id is null and ($feed = '' or feed = $feed)
order by received_at desc, feed, sender, period desc, drop_id
limit 60
