"""Mails by the calendar: leaders' daily brief, weekly digest, the month's report on alerts, the test mail."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd

from pipelines.core.domain import ENDS, Edition, Role, State
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.notifications import notice as outbox
from pipelines.ledger.notifications.notice import Notice, NoticeDecision, Purpose, Reason
from pipelines.ledger.notifications.notice import NoticeState as Sent
from pipelines.ledger.workflow.steps import workflow_states
from pipelines.notifying import alert_quality
from pipelines.notifying.audience import Recipient, recipients
from pipelines.notifying.digest import Material, framing
from pipelines.notifying.message import Address, Letter, seal, week_thread
from pipelines.notifying.notices import Occasion, may_send, occasion
from pipelines.notifying.wording import LEVEL_NAMES, Item, item

_LISTED = 5
_WEEKLY_LISTED = 20
_LONGEST_WAIT = 62  # days within which a month's first workday comes
Fields = Mapping[str, object]


@dataclass(frozen=True)
class Kind:
    """A mail by the calendar: who gets it, its key on a day (None: none is due), what it says, by that key, whether it
    waits for working hours.

    ``is_of_edition``: it tells what the day's edition says, and waits for it.
    """

    purpose: Purpose
    posts: frozenset[Role]
    key: Callable[[Region, date], str | None]
    fields: Callable[[Occasion, Ledger, Recipient, str], Fields]
    waits_for_work: bool
    is_of_edition: bool = True


def send_due(edition: Edition, ledger: Ledger, region: Region, settings: Settings, now: datetime) -> list[Notice]:
    """Queue what the calendar wants at ``now`` (UTC), once each: on a workday the brief, on the week's first one the
    weekly digest, on the month's first one report and test mail.

    What the day's edition is to tell waits for it until ``finished_by``; then the last one is told, as what it is.
    Raises UserError when the edition is not published.
    """
    given = occasion(edition, ledger, region, settings, now)
    if given.is_demonstration and not may_send(settings):
        return []
    today = region.local_day(now)
    is_awaited = bool(_missing(given)) and now < region.instant(today, region.timetable.finished_by)
    wanted = [one for one in _due(region, today) if not (is_awaited and one[0].is_of_edition)]
    with ledger.reading() as connection:
        missing = [
            (kind, to, key)
            for kind, to, key in wanted
            if outbox.find_notice(connection, *to.key, f"{kind.purpose}:{key}") is None
        ]
    decisions = [draft(given, ledger, kind, to, key) for kind, to, key in missing]
    with ledger.writing() as connection:
        return [
            outbox.add_notice(connection, one)
            for one in decisions
            if outbox.find_notice(connection, one.office_id, one.address, one.purpose_key) is None
        ]


def draft(given: Occasion, ledger: Ledger, kind: Kind, to: Recipient, key: str) -> NoticeDecision:
    """One of these mails with its decision, not stored."""
    return _decision(given, kind, to, key, write(given, ledger, kind, to, key))


def next_day(kind: Kind, region: Region, since: date) -> date:
    """The first day from ``since`` on whose calendar wants a mail of this kind. Raises ValueError when none does."""
    days = (since + timedelta(days=ahead) for ahead in range(_LONGEST_WAIT))
    found = next((day for day in days if region.is_workday(day) and kind.key(region, day) is not None), None)
    if found is None:
        raise ValueError(f"no {kind.purpose} within {_LONGEST_WAIT} days of {since}")
    return found


def write(given: Occasion, ledger: Ledger, kind: Kind, to: Recipient, key: str) -> Letter:
    """One of these mails."""
    office_id, address = to.key
    is_of_week = kind.purpose in {Purpose.BRIEF, Purpose.WEEKLY}
    thread = week_thread(office_id, given.edition.day) if is_of_week else f"{kind.purpose}\n{office_id}"
    envelope = Address(office_id, address, f"{kind.purpose}:{key}", given.edition.edition_id, thread)
    shared = {
        "office": to.office,
        "title": to.title,
        "is_demonstration": given.is_demonstration,
        "missing": _missing(given),
        "edition_day": given.edition.day.isoformat(),
    }
    fields = {**shared, **kind.fields(given, ledger, to, key)}
    return seal(envelope, kind.purpose, fields, given.region, given.settings, given.now)


def _missing(given: Occasion) -> str:
    """In words the last run day, when its edition is not there; else empty."""
    today = given.region.local_day(given.now)
    day = given.region.last_run_day(today)
    if given.edition.day >= day:
        return ""
    return "今天" if day == today else day.isoformat()


def _due(region: Region, day: date) -> Iterator[tuple[Kind, Recipient, str]]:
    if not region.is_workday(day):
        return
    for to in recipients(region, day):
        for kind in KINDS:
            key = kind.key(region, day)
            if key is not None and to.role in kind.posts:
                yield kind, to, key


def _is_first_workday(region: Region, since: date, day: date) -> bool:
    return not any(region.is_workday(since + timedelta(days=back)) for back in range((day - since).days))


def _workday_before(region: Region, day: date) -> date:
    day -= timedelta(days=1)
    return day if region.is_workday(day) else _workday_before(region, day)


def _daily(_: Region, day: date) -> str:
    return day.isoformat()


def _weekly(region: Region, day: date) -> str | None:
    monday = day - timedelta(days=day.weekday())
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}" if _is_first_workday(region, monday, day) else None


def _monthly(region: Region, day: date) -> str | None:
    return f"{day:%Y-%m}" if _is_first_workday(region, day.replace(day=1), day) else None


def _brief(given: Occasion, ledger: Ledger, to: Recipient, _: str) -> Fields:
    material = given.material(to.office)
    rows, region = _open(material), given.region
    since = _workday_before(region, region.local_day(given.now))
    new = rows[rows["opened_on"].astype(str) > since.isoformat()]
    severe = [item(row, "", given.region, given.settings) for row in rows.head(_LISTED).to_dict("records")]
    waiting = int((rows["state"] == State.TO_VERIFY).sum())
    counts = _counts(rows)
    worst = counts or "没有未解除事项"
    reach = max((one.data_to for one in severe), default=given.region.local_day(given.edition.cutoff_at))
    return {
        **framing(material, reach, given.region),
        "subject": f"[每日简报] {given.region.name_zh} {worst} {given.edition.day.isoformat()}",
        "counts": counts,
        "issued": int(rows["is_issued"].sum()),
        "waiting": waiting,
        "new": len(new),
        **_ended(material, ledger, since, region),
        "items": severe,
    }


def _open(material: Material) -> pd.DataFrame:
    """The office's own warnings that nobody ended, by the level that counts."""
    rows = material.rows[~material.rows["is_ended"] & material.rows["area"].isin(material.office.areas)]
    return rows.sort_values("level", kind="stable")


def _ended(material: Material, ledger: Ledger, since: date, region: Region) -> Fields:
    """How many of the office's own were lifted, by people or the data, and dismissed, since the edition of a day.

    What people ended counts when they did, not again when the data follow.
    """
    own = material.rows[material.rows["is_ended"] & material.rows["area"].isin(material.office.areas)]
    is_recent = material.closed["closed_on"].astype(str) > since.isoformat()
    is_by_people = material.closed["state"].isin([state.value for state in ENDS])
    by_data = int((is_recent & ~is_by_people).sum())
    with ledger.reading() as connection:
        stand = workflow_states(connection, [*own["episode_id"], *material.closed.loc[is_by_people, "episode_id"]])
    by_people = [
        one.state
        for one in stand.values()
        if one.state in ENDS and one.since is not None and one.since > region.cutoff_at(since)
    ]
    return {"lifted": by_people.count(State.LIFTED) + by_data, "dismissed": by_people.count(State.DISMISSED)}


def _week(given: Occasion, ledger: Ledger, to: Recipient, _: str) -> Fields:
    material = given.material(to.office)
    rows = _open(material)
    since = given.edition.day - timedelta(days=7)
    new = rows[rows["opened_on"].astype(str) > since.isoformat()]
    listed: list[Item] = [
        item(row, _taken(row, to.office.office_id), given.region, given.settings)
        for row in rows.head(_WEEKLY_LISTED).to_dict("records")
    ]
    reach = max((one.data_to for one in listed), default=given.region.local_day(given.edition.cutoff_at))
    counts = _counts(rows)
    return {
        **framing(material, reach, given.region),
        "subject": f"[每周汇总] {to.office.name} {counts or '没有未解除事项'} {given.edition.day.isoformat()}",
        "counts": counts,
        "items": listed,
        "unlisted": len(rows) - len(listed),
        "new": len(new),
        **_ended(material, ledger, since, given.region),
        "waiting": int((rows["state"] == State.TO_VERIFY).sum()),
    }


def _taken(row: Mapping[object, object], office_id: str) -> str:
    holding = row["silenced"]
    found = holding.get(office_id) if isinstance(holding, dict) else None
    return f"{found.owner} 已签收，至 {found.expires_at:%m-%d}" if found else ""


def _quality(given: Occasion, ledger: Ledger, _: Recipient, month_sent: str) -> Fields:
    last = date.fromisoformat(f"{month_sent}-01") - timedelta(days=1)
    report = alert_quality.report(given, ledger, last.replace(day=1), last)
    month = f"{last.year}年{last.month}月"
    return {"subject": f"[预警质量月报] {given.region.name_zh} {month}", "report": report, "month": month}


def _test(_: Occasion, __: Ledger, to: Recipient, month: str) -> Fields:
    return {"subject": f"[测试邮件] {to.office.name} {month}，收到无须回复"}


def _counts(rows: pd.DataFrame) -> str:
    found = rows["level"].value_counts()
    return "、".join(f"{name} {found[level]} 项" for level, name in LEVEL_NAMES.items() if level in found.index)


def _decision(given: Occasion, kind: Kind, to: Recipient, key: str, letter: Letter) -> NoticeDecision:
    hours, now = to.office.hours, given.now
    hour = hours.next_working(given.region, now) if kind.waits_for_work else hours.after_quiet(given.region, now)
    edition = given.edition
    return NoticeDecision(
        edition_id=edition.edition_id,
        day=edition.day,
        cutoff_at=edition.cutoff_at,
        office_id=to.office.office_id,
        address=to.address,
        reason=Reason.PERIODIC,
        state=Sent.QUEUED,
        content={},
        message_id=letter.message_id,
        is_demonstration=given.is_demonstration,
        decided_at=now,
        subject=letter.subject,
        file_name=letter.file_name,
        message=letter.message,
        purpose=kind.purpose,
        subject_key=key,
        not_before=None if hour == now else hour,
    )


_HEADS = frozenset({Role.COUNTY_HEAD, Role.CITY_ANALYST, Role.CITY_LEADER})
KINDS = (
    Kind(Purpose.BRIEF, frozenset({Role.CITY_LEADER}), _daily, _brief, waits_for_work=False),
    Kind(Purpose.WEEKLY, _HEADS, _weekly, _week, waits_for_work=True),
    Kind(Purpose.QUALITY, frozenset({Role.CITY_ANALYST, Role.CITY_LEADER}), _monthly, _quality, waits_for_work=True),
    Kind(Purpose.TEST, frozenset(Role), _monthly, _test, waits_for_work=True, is_of_edition=False),
)
