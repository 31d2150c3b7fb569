"""Why each recipient was told of each open warning in an edition, or why not: one row each, mail or no mail."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import pandas as pd
from sqlalchemy import Connection, insert, select, update

from pipelines.ledger.db.schema import notice as notice_table
from pipelines.ledger.db.schema import warning_notice
from pipelines.ledger.db.store import Ledger

COLUMNS = ("edition_id", "office_id", "address", "episode_id", "level", "reason", "detail", "notice_id")
_SOME = 500  # values in one question: SQLite takes 999 at least


class Why(StrEnum):
    """Why a recipient is told of a warning in an edition, or why not; the list is closed."""

    FIRST = "first"
    WORSE = "worse"
    ISSUED = "issued"
    BETTER = "better"
    LIFTED = "lifted"
    REMINDER = "reminder"
    DIGEST = "digest"
    FOLDED = "folded"
    SILENCED = "silenced"
    OUTSIDE_HOURS = "outside_hours"
    NEXT_DIGEST = "next_digest"
    NOT_FOR_POST = "not_for_post"
    NOT_IN_SCOPE = "not_in_scope"
    NOTHING_NEW = "nothing_new"
    RETROSPECTIVE = "retrospective"
    DEMONSTRATION = "demonstration"


WORDS = {
    Why.FIRST: "首次通报",
    Why.WORSE: "级别升高",
    Why.ISSUED: "正式发布",
    Why.BETTER: "级别降低",
    Why.LIFTED: "已解除",
    Why.REMINDER: "催办",
    Why.DIGEST: "列入当日汇总",
    Why.FOLDED: "并入上级预警",
    Why.SILENCED: "已签收或已判定，不再提醒",
    Why.OUTSIDE_HOURS: "非工作时间，下一工作日通报",
    Why.NEXT_DIGEST: "当日汇总已发，列入下一次汇总",
    Why.NOT_FOR_POST: "该岗位只收橙色以上和催办",
    Why.NOT_IN_SCOPE: "不属本单位区域",
    Why.NOTHING_NEW: "没有变化",
    Why.RETROSPECTIVE: "补跑的版次，不通报",
    Why.DEMONSTRATION: "演示数据，不外发",
}


def words(why: str, detail: str = "") -> str:
    """A reason as people read it."""
    return WORDS[Why(why)] + (f"（{detail}）" if detail else "")


def record(connection: Connection, rows: pd.DataFrame) -> None:
    """Store reasons in the caller's transaction; ``rows`` has the columns of ``COLUMNS``, no notice_id: no mail."""
    if rows.empty:
        return
    given = rows[list(COLUMNS)].astype(object).where(rows[list(COLUMNS)].notna(), None)
    connection.execute(insert(warning_notice), given.to_dict("records"))


def told_since(
    connection: Connection,
    edition_id: str,
    office_id: str,
    address: str,
    episode_ids: Sequence[str],
    notice_id: int,
    why: Why,
) -> None:
    """Say of these warnings that a later mail about this edition told of them, where none had done so before."""
    table = warning_notice.c
    for first in range(0, len(episode_ids), _SOME):
        connection.execute(
            update(warning_notice)
            .where(
                table.edition_id == edition_id,
                table.office_id == office_id,
                table.address == address,
                table.episode_id.in_(episode_ids[first : first + _SOME]),
                table.notice_id.is_(None),
            )
            .values(reason=why.value, notice_id=notice_id)
        )


def reasons(ledger: Ledger, edition_id: str | None = None, episode_id: str | None = None) -> pd.DataFrame:
    """All reasons, those of one edition or of one warning, with the columns of ``COLUMNS``."""
    query = select(warning_notice).order_by(*(warning_notice.c[name] for name in COLUMNS[:4]))
    if edition_id is not None:
        query = query.where(warning_notice.c.edition_id == edition_id)
    if episode_id is not None:
        query = query.where(warning_notice.c.episode_id == episode_id)
    with ledger.reading() as connection:
        return pd.DataFrame(connection.execute(query).mappings().all(), columns=list(COLUMNS))


def first_told(connection: Connection, episode_ids: Sequence[str], until: datetime) -> pd.DataFrame:
    """When each office was told of each warning at each level, by a mail that went or waits.

    Columns: office_id, address, episode_id, level, told_at (UTC: when it was decided, or the hour it waits for).
    """
    table, told = warning_notice.c, notice_table.c
    found = []
    for first in range(0, len(episode_ids), _SOME):
        query = (
            select(table.office_id, table.address, table.episode_id, table.level, told.decided_at, told.not_before)
            .join_from(warning_notice, notice_table, table.notice_id == told.notice_id)
            .where(
                table.episode_id.in_(episode_ids[first : first + _SOME]),
                table.reason.in_([Why.FIRST.value, Why.WORSE.value, Why.ISSUED.value, Why.FOLDED.value]),
                told.decided_at <= until,
            )
        )
        found += [
            (row.office_id, row.address, row.episode_id, row.level, row.not_before or row.decided_at)
            for row in connection.execute(query)
        ]
    return pd.DataFrame(found, columns=["office_id", "address", "episode_id", "level", "told_at"])
