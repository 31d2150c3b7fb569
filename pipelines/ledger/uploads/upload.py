"""Uploads: recorded with the receipt, settled after the ingest; and decisions to confirm or withdraw a submission."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Connection, insert, select, update

from pipelines.core.domain import Grain, Role, Said, SaidError, Viewer
from pipelines.core.region.permissions import Permissions, PermittedAct
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, ActContext, Actor
from pipelines.ledger.db.schema import drop_act
from pipelines.ledger.db.schema import upload as table
from pipelines.ledger.db.store import Ledger, in_parts


class Stage(StrEnum):
    """What became of an upload. Checked: its form is right, it lies in the inbox."""

    CHECKED = "checked"
    ACCEPTED = "accepted"
    HELD = "held"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Sending:
    """A file as it is about to be sent: the drop it becomes, and what the form check counted in it."""

    feed: str
    area: str
    period: date
    grain: Grain
    version: int
    is_supplement: bool
    drop_id: str
    content_hash: str
    size: int
    rows_total: int
    rows_wrong: int


@dataclass(frozen=True)
class Upload:
    """A file that was sent. ``file_name`` is its name in the inbox; instants are UTC.

    ``rows_accepted``, ``rows_quarantined`` and the reasons are what the ingest said, None and empty until it has.
    """

    upload_id: int
    feed: str
    area: str
    period: date
    grain: Grain
    version: int
    is_supplement: bool
    file_name: str
    drop_id: str
    content_hash: str
    size: int
    rows_total: int
    rows_wrong: int
    uploaded_at: datetime
    who: str
    role: Role
    stage: Stage
    settled_at: datetime | None
    rows_accepted: int | None
    rows_quarantined: int | None
    reason: str
    reason_en: str


@dataclass(frozen=True)
class Settled:
    """What the ingest made of a drop."""

    drop_id: str
    stage: Stage
    rows_accepted: int
    rows_quarantined: int
    reason: str
    reason_en: str


def may_send(permissions: Permissions, viewer: Viewer, area: str, city: str) -> bool:
    """Whether somebody sends files for an area."""
    return permissions.may_for(viewer, PermittedAct.SEND_FILE, area, is_city=area == city)


def enter_upload(
    ledger: Ledger,
    permissions: Permissions,
    context: ActContext,
    city: str,
    sending: Sending,
    name_of: Callable[[int], str],
    place: Callable[[str], None],
) -> Upload:
    """Enter a file and put it into the inbox, both or neither; the upload with its number.

    ``name_of`` makes the file's name of the number, ``place`` gives the file that name. Raises SaidError for who may
    not send for this area, for a file that was sent before, and for a whole file of whose version one has come
    meanwhile; whatever ``place`` raises.
    """
    role = context.viewer.role
    if role is None or not may_send(permissions, context.viewer, sending.area, city):
        raise SaidError(Said("您不能为这个区域报送", "you do not send files for this area"))
    with ledger.writing() as connection:
        _refuse_overtaken(of_slice(connection, sending.feed, sending.area, sending.period), sending)
        values = {
            **asdict(sending),
            "file_name": "",
            "uploaded_at": context.at,
            "who": context.actor.who,
            "role": role.value,
            "stage": Stage.CHECKED.value,
            "reason": "",
            "reason_en": "",
        }
        number = int(connection.execute(insert(table).values(values).returning(table.c.upload_id)).scalar_one())
        name = name_of(number)
        connection.execute(update(table).where(table.c.upload_id == number).values(file_name=name))
        details = {
            "feed": sending.feed,
            "area": sending.area,
            "period": sending.period.isoformat(),
            "version": sending.version,
            "hash": sending.content_hash,
            "rows": sending.rows_total,
            "wrong": sending.rows_wrong,
        }
        trail.append_entry(connection, Act.UPLOAD, context.actor, f"upload {number}", context.at, details=details)
        place(name)
        found = by_number(connection, number)
    if found is None:
        raise AssertionError(f"upload {number} was entered and is not there")
    return found


def said_twice(number: int) -> Said:
    """What is said to whoever sends the same file again."""
    return Said(
        f"这份文件已经报送过了（回执第 {number} 号），内容一字不差；没有再存一份。",
        f"this very file has been sent already (receipt {number}); it is not stored again",
    )


def _refuse_overtaken(before: Sequence[Upload], sending: Sending) -> None:
    """Raise SaidError for what would not count beside the uploads of its slice, given newest first."""
    alive = [one for one in before if one.stage not in {Stage.REFUSED, Stage.WITHDRAWN}]
    for one in alive:
        if one.drop_id == sending.drop_id or (one is before[0] and _is_same(one, sending)):
            raise SaidError(said_twice(one.upload_id))
    for one in alive:
        if not sending.is_supplement and not one.is_supplement and one.version >= sending.version:
            raise SaidError(_overtaken(one.upload_id))


def _overtaken(number: int) -> Said:
    return Said(
        f"在此期间，这一期又报来了一份文件（回执第 {number} 号）；您的文件没有保存，请刷新页面核对后再报送。",
        f"another file of this period has come meanwhile (receipt {number}); yours is not stored: load the page again"
        " and look before you send it",
    )


def _is_same(last: Upload, sending: Sending) -> bool:
    return (last.content_hash, last.is_supplement) == (sending.content_hash, sending.is_supplement)


def newest_uploads(connection: Connection, feed: str, area: str, period: date) -> Upload | None:
    """The last upload of a slice; None when there is none."""
    return next(iter(of_slice(connection, feed, area, period)), None)


def of_slice(connection: Connection, feed: str, area: str, period: date) -> Sequence[Upload]:
    """The uploads of a slice, the newest first."""
    query = select(table).where(table.c.feed == feed, table.c.area == area, table.c.period == period)
    return [_upload(row) for row in connection.execute(query.order_by(table.c.upload_id.desc())).mappings()]


def by_number(connection: Connection, number: int) -> Upload | None:
    """The upload of a number; None when there is none."""
    row = connection.execute(select(table).where(table.c.upload_id == number)).mappings().one_or_none()
    return None if row is None else _upload(row)


def uploads(
    connection: Connection, areas: Collection[str] | None, *, since: date, most: int | None = None
) -> Sequence[Upload]:
    """Uploads of these areas (None: all) for periods from ``since`` on, the newest first."""
    query = select(table).where(table.c.period >= since).order_by(table.c.upload_id.desc())
    if areas is not None:
        query = query.where(table.c.area.in_(sorted(areas)))
    return [_upload(row) for row in connection.execute(query.limit(most)).mappings()]


def unsettled(connection: Connection) -> dict[str, Stage]:
    """Drops of the uploads about which more may become known, with the stage they are in."""
    wanted = [Stage.CHECKED, Stage.ACCEPTED, Stage.HELD]
    query = select(table.c.drop_id, table.c.stage).where(table.c.stage.in_([stage.value for stage in wanted]))
    return {row.drop_id: Stage(row.stage) for row in connection.execute(query.order_by(table.c.upload_id))}


def settle_upload(ledger: Ledger, found: Iterable[Settled], now: datetime) -> None:
    """Write what became of drops beside their uploads; the instant of the first answer stays."""
    news = {item.drop_id: item for item in found}
    if not news:
        return
    with ledger.writing() as connection:
        for some in in_parts(news):
            rows = connection.execute(
                select(table.c.upload_id, table.c.drop_id, table.c.settled_at).where(table.c.drop_id.in_(some))
            ).all()
            for row in rows:
                values = asdict(news[row.drop_id]) | {"settled_at": row.settled_at or now}
                del values["drop_id"]
                connection.execute(update(table).where(table.c.upload_id == row.upload_id).values(values))


def _upload(row: object) -> Upload:
    values = dict(row)  # type: ignore[call-overload]
    return Upload(
        **values | {"grain": Grain(values["grain"]), "role": Role(values["role"]), "stage": Stage(values["stage"])}
    )


@dataclass(frozen=True)
class SubmissionDecision:
    """One decision: ``kind`` is *confirm* or *withdraw*; ``acted_at`` in UTC."""

    act_id: int
    drop_id: str
    kind: str
    acted_at: datetime
    actor: str
    reason: str


def decide_submission(
    ledger: Ledger, drop_id: str, kind: str, acted_at: datetime, actor: Actor, reason: str, now: datetime
) -> None:
    """Remember a decision about a drop, taken ``now``, that counts from ``acted_at`` (both UTC)."""
    with ledger.writing() as connection:
        connection.execute(
            insert(drop_act).values(drop_id=drop_id, kind=kind, acted_at=acted_at, actor=actor.who, reason=reason)
        )
        details = {"decision": kind, "counts_from": trail.instant(acted_at)}
        trail.append_entry(connection, Act.DECISION, actor, f"drop {drop_id}", now, details=details)


def decided_submissions(ledger: Ledger) -> Sequence[SubmissionDecision]:
    """All decisions in the order in which they were taken."""
    with ledger.reading() as connection:
        rows = connection.execute(select(drop_act).order_by(drop_act.c.act_id)).all()
    return [SubmissionDecision(**row._mapping) for row in rows]
