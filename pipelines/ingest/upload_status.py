"""Tells the ledger what became of uploaded files: the second stage, after the ingest has taken them in."""

from datetime import datetime

from pipelines.ledger import Ledger
from pipelines.ledger.uploads import upload as uploads
from pipelines.ledger.uploads.upload import Settled, Stage
from pipelines.warehouse.store import Warehouse


def settle_uploads(warehouse: Warehouse, ledger: Ledger, now: datetime) -> int:
    """Write the register's word on every upload beside it; how many have another stage than before.

    Asked of the register each time, so that an ingest that broke off is made up for by the next. A held file that was
    confirmed is accepted, one that was withdrawn is withdrawn.
    """
    with ledger.reading() as connection:
        waiting = uploads.unsettled(connection)
    if not waiting:
        return 0
    rows = warehouse.connection.execute(_BECAME, {"drop_ids": list(waiting)}).fetchall()
    found = [Settled(drop_id, Stage(stage), *counts) for drop_id, stage, *counts in rows]
    news = [item for item in found if item.stage is not waiting[item.drop_id]]
    uploads.settle_upload(ledger, news, now)
    return len(news)


_BECAME = """
select
    drop_id,
    case
        when is_withdrawn then 'withdrawn'
        when status = 'held' and is_confirmed then 'accepted'
        else status
    end as stage,
    rows_accepted, rows_quarantined,
    coalesce(case when status = 'held' and is_confirmed then null else reason end, '') as reason,
    coalesce(case when status = 'held' and is_confirmed then null else reason_en end, '') as reason_en
from (
    select
        register.*,
        exists (select 1 from drop_act where drop_act.drop_id = register.drop_id and kind = 'confirm') as is_confirmed,
        exists (select 1 from drop_act where drop_act.drop_id = register.drop_id and kind = 'withdraw') as is_withdrawn
    from drop_register as register
    where drop_id in (select unnest($drop_ids))
) as known
"""
