"""Reminders: clerk, head, city's duty desk are asked one after the other, each once, while nobody answers."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from pipelines.core.domain import Level, Role, State
from pipelines.core.region.load import Region
from pipelines.ledger.notifications import notice as outbox
from pipelines.ledger.notifications import notification_state
from pipelines.ledger.notifications.notice import Notice, NoticeDecision, Purpose, Reason
from pipelines.ledger.workflow.transition import remind_within
from pipelines.notifying.audience import STEPS, Office, Recipient, asked, offices, recipients
from pipelines.notifying.message import hashed
from pipelines.notifying.occasion import Occasion
from pipelines.notifying.reminders import UnansweredMail, list_items

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


class Reminder(UnansweredMail):
    """Due when the time in which a level is to be taken on has passed, counted in working hours."""

    purpose = Purpose.REMINDER
    title = "催办"
    reason = Reason.REMINDER
    nothing = "黄色以上事项都不在等人签收，或各岗位都已催过"

    def draft_due(self, given: Occasion, connection: Connection) -> list[NoticeDecision]:
        """As of ``UnansweredMail``."""
        everybody = recipients(given.region, given.region.local_day(given.now))
        turns = [one for one in _turns(given, connection, everybody) if one.ask_at <= given.now]
        return self._draft_turns(given, turns, everybody, everybody)

    def draft_next(self, given: Occasion, connection: Connection, recipient: Recipient) -> list[NoticeDecision]:
        """As of ``UnansweredMail``."""
        everybody = recipients(given.region, given.region.local_day(given.now))
        turns = [
            one
            for one in _turns(given, connection, everybody)
            if one.ask_at > given.now and recipient in asked(one.office, one.step, everybody)
        ]
        first = min(turns, key=lambda one: one.ask_at, default=None)
        if first is None:
            return []
        asked_with = [one for one in turns if (one.step, one.ask_at) == (first.step, first.ask_at)]
        return self._draft_turns(replace(given, now=first.ask_at), asked_with, [recipient], everybody)

    def _draft_turns(
        self, given: Occasion, turns: list[_Turn], to: list[Recipient], everybody: list[Recipient]
    ) -> list[NoticeDecision]:
        """A mail a recipient and step about all warnings whose turn it is."""
        found = []
        for recipient in to:
            for step in STEPS:
                mine = [one for one in turns if one.step == step and recipient in asked(one.office, step, everybody)]
                if mine:
                    found.append(self._draft_turn(given, recipient, step, mine))
        return found

    def _draft_turn(self, given: Occasion, recipient: Recipient, step: str, due: list[_Turn]) -> NoticeDecision:
        items = list_items(given, [one.episode_id for one in due])
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
        return self.draft(given, recipient, key, content, fields, items)


KIND = Reminder()


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


def _unanswered(due: list[_Turn], region: Region) -> str:
    """Since when nobody answers, in a sentence: since the mail, or since nobody holds what somebody had taken on."""
    since = f"{min(one.since for one in due).astimezone(region.time_zone):%m-%d %H:%M}"
    again = sum(one.is_again for one in due)
    if again == len(due):
        return f"以下 {again} 项曾经签收，从 {since} 起签收到期或已撤销，此后没有人再签收。"
    if again:
        return f"以下 {len(due)} 项从 {since} 起没有人签收，其中 {again} 项曾经签收，后来到期或撤销。"
    return f"以下 {len(due)} 项从 {since} 起已通报，至今没有人签收。"
