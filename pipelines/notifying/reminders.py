"""Reminders and escalation: clerk, head, city's duty desk, each once, while nobody answers; overdue steps."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from pipelines.core.domain import Edition, Level, Role, State
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.notifications import notice as outbox
from pipelines.ledger.notifications import notification_state
from pipelines.ledger.notifications.notice import Notice, NoticeDecision, Purpose, Reason
from pipelines.ledger.notifications.notice import NoticeState as Sent
from pipelines.ledger.notifications.notification_state import NoticeWords
from pipelines.ledger.workflow.steps import Deadline, deadlines, workflow_states
from pipelines.ledger.workflow.transition import remind_within
from pipelines.notifying.audience import POST_NAMES, STEPS, Office, Recipient, asked, offices, recipients
from pipelines.notifying.message import Address, hashed, seal
from pipelines.notifying.notices import Occasion, may_send, occasion
from pipelines.notifying.wording import Item, item

_TITLES = {
    Role.COUNTY_CLERK: "催办",
    Role.CITY_ANALYST: "催办",
    Role.COUNTY_HEAD: "催办·报单位负责人",
    Role.CITY_DUTY: "催办·报市级值班",
    Role.CITY_LEADER: "催办·报市局领导",
}
_SIGN = "现在登录，逐项核实并签收，写明由谁负责。"
_ASKED = {
    Role.COUNTY_CLERK: _SIGN,
    Role.CITY_ANALYST: _SIGN,
    Role.COUNTY_HEAD: "请督促经办人今天核实并签收；经办人不在的，请指定他人。",
    Role.CITY_DUTY: "请联系责任岗位核实并签收，或由值班岗登记签收情况。",
    Role.CITY_LEADER: "请督促市级值班岗或分析岗今天核实并签收；领导岗位审批，不签收。",
}
_OVERDUE_STATES = {State.CONFIRMED: "核实", State.ISSUED: "发布", State.HANDLING: "落实措施"}

_VERIFY = "verify"  # in the key of a mail about what should have been verified


@dataclass(frozen=True)
class _Turn:
    """A step of a warning's escalation to come: which, since when nobody answered, when it would be taken (UTC).

    ``is_again``: it had been taken on before, and that has ended.
    """

    episode_id: str
    level: int
    office: Office
    step: str
    since: datetime
    ask_at: datetime
    is_again: bool


@dataclass(frozen=True)
class _Step:
    """A step with a time limit that was not taken, whom to tell when it has passed, and from when on (UTC)."""

    row: Mapping[Hashable, Any]
    deadline: Deadline
    taken: int
    recipient: Recipient
    tell_at: datetime

    @property
    def key(self) -> str:
        """At most one mail an address and this key."""
        return f"{self.row['episode_id']}:{self.deadline.step.to}:{self.taken}"

    @property
    def is_verification(self) -> bool:
        """Whether it is the first step: what is to be verified by one post is told in one mail."""
        return self.deadline.step.to is State.CONFIRMED


def remind(edition: Edition, ledger: Ledger, region: Region, settings: Settings, now: datetime) -> list[Notice]:
    """Queue the reminders that are due at ``now`` (UTC) about the warnings of the published edition; each goes once.

    A warning is unanswered while nobody took it on, or acted on it, at its level. It may be called as often as one
    likes. Nothing is due outside an office's working hours, but overdue steps of red and orange ones, which wait for
    the end of the quiet hours, red not even that. Raises UserError when the edition is not published.
    """
    given = occasion(edition, ledger, region, settings, now)
    if given.is_demonstration and not may_send(settings):
        return []
    with ledger.writing() as connection:
        made = drafts(given, connection)
        return [_stored(connection, decision) for decision in made]


def drafts(given: Occasion, connection: Connection) -> list[NoticeDecision]:
    """The reminders that are due at the occasion's instant and were not made yet, with their mails; stores nothing."""
    everybody = recipients(given.region, given.region.local_day(given.now))
    turns = [one for one in _turns(given, connection, everybody) if one.ask_at <= given.now]
    late = [one for one in _steps(given, connection, everybody) if one.tell_at <= given.now]
    return _asked(given, turns, everybody, everybody) + _overdue(given, late)


def ahead(given: Occasion, connection: Connection, recipient: Recipient) -> list[NoticeDecision]:
    """The next reminder and the next overdue step to come to a recipient if nobody acts until then; stores nothing.

    Dated to the instant at which it would be due, after the occasion's.
    """
    everybody = recipients(given.region, given.region.local_day(given.now))
    turns = [
        one
        for one in _turns(given, connection, everybody)
        if one.ask_at > given.now and recipient in asked(one.office, one.step, everybody)
    ]
    first = min(turns, key=lambda one: one.ask_at, default=None)
    found = []
    if first is not None:
        asked_with = [one for one in turns if (one.step, one.ask_at) == (first.step, first.ask_at)]
        found += _asked(replace(given, now=first.ask_at), asked_with, [recipient], everybody)
    steps = [one for one in _steps(given, connection, everybody) if one.recipient == recipient]
    step = min((one for one in steps if one.tell_at > given.now), key=lambda one: one.tell_at, default=None)
    if step is None:
        return found
    beside = [one for one in steps if one.tell_at == step.tell_at and one.is_verification] or [step]
    return found + _overdue(replace(given, now=step.tell_at), beside if step.is_verification else [step])


def _stored(connection: Connection, decision: NoticeDecision) -> Notice:
    made = outbox.find_notice(connection, decision.office_id, decision.address, decision.purpose_key)
    if made is not None:
        return made
    queued = outbox.add_notice(connection, decision)
    if decision.purpose is Purpose.REMINDER:
        to = (decision.edition_id, decision.office_id, decision.address)
        notification_state.mark_notified(
            connection, *to, list(decision.content), queued.notice_id, NoticeWords.REMINDER
        )
    return queued


def _asked(
    given: Occasion, turns: list[_Turn], to: list[Recipient], everybody: list[Recipient]
) -> list[NoticeDecision]:
    """A mail a recipient and step about all warnings whose turn it is."""
    found = []
    for recipient in to:
        for step in STEPS:
            mine = [one for one in turns if one.step == step and recipient in asked(one.office, step, everybody)]
            if mine:
                found.append(_tell(given, recipient, step, mine))
    return found


def _turns(given: Occasion, connection: Connection, everybody: list[Recipient]) -> list[_Turn]:
    """The steps to come of each unanswered warning that somebody reads, each counted from the one before.

    The first counts from the mail to the responsible office; where that has no recipient for it, from the city's own.
    """
    rows = given.board.rows
    within = remind_within(given.region.transition)
    is_open = (rows["state"] == State.TO_VERIFY) & rows["level"].isin([level.value for level in within])
    waiting = rows[is_open].set_index("episode_id")
    if waiting.empty:
        return []
    told = notification_state.first_notified(connection, list(waiting.index), given.now)
    past: dict[str, list[tuple[int, Notice]]] = defaultdict(list)
    for one in outbox.of_purpose(connection, Purpose.REMINDER):
        for reminded, at_level in one.content.items():
            past[reminded].append((at_level, one))
    found = []
    by_area = {area: one for one in offices(given.region) if not one.is_city for area in one.areas}
    city = next(one for one in offices(given.region) if one.is_city)
    for episode_id, every_mail in told.groupby("episode_id"):
        row = waiting.loc[episode_id]
        office = by_area.get(str(row["area"]), city)
        level = int(row["level"])
        at_level = every_mail[every_mail["level"] <= level]
        of_office, of_city = (at_level.loc[at_level["office_id"] == one.office_id, "told_at"] for one in (office, city))
        mails = of_city if of_office.empty else of_office
        if mails.empty or office.office_id in row["silenced"]:
            continue
        first_told, ended = mails.min().to_pydatetime(), row["expired"].get(office.office_id)
        is_again = ended is not None and ended > first_told
        since = ended if is_again else first_told
        made = [one for was, one in past[str(episode_id)] if was <= level and one.decided_at >= since]
        done = {one.purpose_key.split(":")[1] for one in made}
        last = max([since, *(one.decided_at for one in made)])
        for step in (one for one in STEPS if one not in done and asked(office, one, everybody)):
            last = office.hours.later(given.region, last, within[Level(level)])
            last = office.hours.next_working(given.region, max(last, given.now))
            found.append(_Turn(str(episode_id), level, office, step, since, last, is_again))
    return found


def _tell(given: Occasion, recipient: Recipient, step: str, due: list[_Turn]) -> NoticeDecision:
    items = _items(given, [one.episode_id for one in due])
    content = {one.episode_id: one.level for one in due}
    which = sorted(f"{one.episode_id}:{one.level}:{one.since:%Y-%m-%dT%H:%M}" for one in due)
    first = items[0]
    body = first.what if len(items) == 1 else f"{first.what} 等 {len(items)} 项"
    fields = {
        "subject": f"[{first.title}·{_TITLES[recipient.role]}] {body} 尚未签收",
        "fact": _unanswered(due, given.region),
        "action": _ASKED[recipient.role],
        "because": "通报后，或者签收到期、撤销后，在规定的工作时间内没有签收；"
        "其间同一预警的每一级，每个岗位只催办一次，签收有效期内不再催办。",
    }
    key = f"{step}:{hashed(*which)}"
    return _decision(given, recipient, Purpose.REMINDER, key, Reason.REMINDER, content, fields, items)


def _unanswered(due: list[_Turn], region: Region) -> str:
    """Since when nobody answers, in a sentence: since the mail, or since nobody holds what somebody had taken on."""
    since = f"{min(one.since for one in due).astimezone(region.time_zone):%m-%d %H:%M}"
    again = sum(one.is_again for one in due)
    if again == len(due):
        return f"以下 {again} 项曾经签收，从 {since} 起签收到期或已撤销，此后没有人再签收。"
    if again:
        return f"以下 {len(due)} 项从 {since} 起没有人签收，其中 {again} 项曾经签收，后来到期或撤销。"
    return f"以下 {len(due)} 项从 {since} 起已通报，至今没有人签收。"


def _steps(given: Occasion, connection: Connection, everybody: list[Recipient]) -> list[_Step]:
    """Steps with a time limit, each told once to the post that owes it, where it was not told yet.

    What is to be verified is told of levels that are reminded of; the others are left to the weekly digest.
    """
    region, rows = given.region, given.board.rows
    stand, reminded = workflow_states(connection, given.board.ids), remind_within(region.transition)
    told = {
        (one.office_id, one.address, episode_id, level)
        for one in outbox.of_purpose(connection, Purpose.OVERDUE)
        if one.purpose_key.startswith(f"{Purpose.OVERDUE}:{_VERIFY}:")
        for episode_id, level in one.content.items()
    }
    found = []
    for row in rows[~rows["is_ended"]].to_dict("records"):
        own, level = stand[str(row["episode_id"])], Level(row["machine_level"])
        is_city = row["area"] == region.city
        for deadline in deadlines(region.transition, own, level, row["suspected_at"], is_city=is_city):
            for recipient in _owing(everybody, deadline.step.role, str(row["area"])):
                at = max(deadline.due_at, given.now)
                tell_at = _awake(recipient.office, int(row["level"]), region, at)
                one = _Step(row, deadline, len(own.steps), recipient, tell_at)
                if one.is_verification:
                    is_told = (*recipient.key, str(row["episode_id"]), int(row["level"])) in told
                    is_told |= level not in reminded
                else:
                    is_told = outbox.find_notice(connection, *recipient.key, f"{Purpose.OVERDUE}:{one.key}") is not None
                if not is_told:
                    found.append(one)
    return found


def _owing(everybody: list[Recipient], post: Role, area: str) -> list[Recipient]:
    """Who is told that a post's step is late: the post; where nobody reads its mail, the first above that does."""
    posts = dict.fromkeys((post, Role.CITY_DUTY, Role.CITY_LEADER))
    found = ([one for one in everybody if one.role is role and area in one.office.areas] for role in posts)
    return next(filter(None, found), [])


def _overdue(given: Occasion, late: list[_Step]) -> list[NoticeDecision]:
    """A mail a step and recipient; of what is to be verified one mail a recipient."""
    verifications = [one for one in late if one.is_verification]
    to = {one.recipient.key: one.recipient for one in verifications}
    found = [_unverified(given, to[key], [one for one in verifications if one.recipient.key == key]) for key in to]
    return found + [_late(given, one) for one in late if not one.is_verification]


def _unverified(given: Occasion, recipient: Recipient, late: list[_Step]) -> NoticeDecision:
    """The mail about what should have been verified."""
    items = _items(given, [str(one.row["episode_id"]) for one in late])
    content = {str(one.row["episode_id"]): int(one.row["level"]) for one in late}
    first = min(one.deadline.due_at for one in late)
    by, what, post = (
        f"{first.astimezone(given.region.time_zone):%m-%d %H:%M}",
        items[0].what,
        late[0].deadline.step.role,
    )
    lead = "现在登录，" if recipient.role is post else f"应办的{POST_NAMES[post]}没有收件人，请督促其"
    few = len(items) == 1
    fields = {
        "subject": f"[{items[0].title}·逾期] {what}{'' if few else f' 等 {len(items)} 项'}应于 {by} 前核实",
        "fact": f"{what}应于 {by} 前核实，现在已经逾期。"
        if few
        else f"以下 {len(items)} 项没有核实结论，最早的应于 {by} 前核实，现在都已经逾期。",
        "action": f"{lead}逐项登记核实结论：属实的确认，不属实的判为误报，都要写明理由。",
        "because": "核实有时限而没有登记结论；同一预警的每一级只提醒一次。",
    }
    key = f"{_VERIFY}:{hashed(*sorted(f'{episode_id}:{level}' for episode_id, level in content.items()))}"
    return _decision(given, recipient, Purpose.OVERDUE, key, Reason.OVERDUE, content, fields, items)


def _late(given: Occasion, late: _Step) -> NoticeDecision:
    row, deadline, recipient = late.row, late.deadline, late.recipient
    episode_id = str(row["episode_id"])
    items = _items(given, [episode_id])
    by = f"{deadline.due_at.astimezone(given.region.time_zone):%m-%d %H:%M}"
    step, what = _OVERDUE_STATES.get(deadline.step.to, str(deadline.step.to)), items[0].what
    post = deadline.step.role
    basis = deadline.step.basis.removesuffix("[P]").rstrip()  # the mark is for who keeps the table, not for a desk
    lead = "现在登录，" if recipient.role is post else f"应办的{POST_NAMES[post]}没有收件人，请督促其"
    done = f"完成“{step}”并登记；已在线下完成的，补录文号和时间"
    if row["is_receded"]:
        done = f"决定：数据已回落，不必再“{step}”的，由有权的岗位解除并写明理由；仍须“{step}”的，完成并登记"
    fields = {
        "subject": f"[{items[0].title}·逾期] {what} 应于 {by} 前{step}",
        "fact": f"{what}应于 {by} 前{step}，现在已经逾期。依据：{basis}。",
        "action": f"{lead}{done}。",
        "because": "这一步有时限而没有登记；每一步逾期只提醒一次。",
    }
    content = {episode_id: int(row["level"])}
    return _decision(given, recipient, Purpose.OVERDUE, late.key, Reason.OVERDUE, content, fields, items)


def _awake(office: Office, level: int, region: Region, at: datetime) -> datetime:
    """The first instant from ``at`` on at which an office may be told that a step at this level is late (UTC)."""
    if level == Level.RED:
        return at
    if level == Level.ORANGE:
        return office.hours.after_quiet(region, at)
    return office.hours.next_working(region, at)


def _items(given: Occasion, episode_ids: Iterable[str]) -> list[Item]:
    rows = given.board.rows[given.board.rows["episode_id"].isin(list(episode_ids))].sort_values("level", kind="stable")
    return [item(row, "", given.region, given.settings) for row in rows.to_dict("records")]


def _decision(
    given: Occasion,
    recipient: Recipient,
    purpose: Purpose,
    key: str,
    reason: Reason,
    content: dict[str, int],
    fields: Mapping[str, object],
    items: list[Item],
) -> NoticeDecision:
    (office_id, address), edition = recipient.key, given.edition
    own = items[0].episode_id
    to = Address(office_id, address, f"{purpose}:{key}", edition.edition_id, f"episode\n{own}")
    shown = {"items": items, "office": recipient.office, "is_demonstration": given.is_demonstration}
    letter = seal(to, "reminder", {**fields, **shown}, given.region, given.settings, given.now)
    return NoticeDecision(
        edition_id=edition.edition_id,
        day=edition.day,
        cutoff_at=edition.cutoff_at,
        office_id=office_id,
        address=address,
        reason=reason,
        state=Sent.QUEUED,
        content=content,
        message_id=letter.message_id,
        is_demonstration=given.is_demonstration,
        decided_at=given.now,
        subject=letter.subject,
        file_name=letter.file_name,
        message=letter.message,
        purpose=purpose,
        subject_key=key,
        episode_id=own if len(items) == 1 else None,
        is_urgent=items[0].level == Level.RED,
    )
