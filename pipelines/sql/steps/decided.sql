-- What people had decided about drops by the cut-off, and when first.
create or replace temp table decided as
select
    drop_id, min(case when kind = 'confirm' then acted_at end) as confirmed_at,
    min(case when kind = 'withdraw' then acted_at end) as withdrawn_at
from drop_act
where acted_at <= $cutoff_at
group by drop_id
