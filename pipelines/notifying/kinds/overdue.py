"""Overdue steps: who owes a step with a time limit is told once when it has passed."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from pipelines.core.domain import Level, Role, State
from pipelines.core.region.load import Region
from pipelines.ledger.notifications import notice as outbox
from pipelines.ledger.notifications.notice import NoticeDecision, Purpose, Reason
from pipelines.ledger.workflow.steps import Deadline, deadlines, workflow_states
from pipelines.ledger.workflow.transition import remind_within
from pipelines.notifying.audience import POST_NAMES, Office, Recipient, recipients
from pipelines.notifying.message import hashed
from pipelines.notifying.occasion import Occasion
from pipelines.notifying.reminders import UnansweredMail, list_items

_OVERDUE_STATES = {State.CONFIRMED: "核实", State.ISSUED: "发布", State.HANDLING: "落实措施"}

_VERIFY = "verify"  # in the key of a mail about what should have been verified


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


class Overdue(UnansweredMail):
    """Due to the post that owes a step; red at any hour, orange outside the quiet hours, others in working hours."""

    purpose = Purpose.OVERDUE
    title = "逾期提醒"
    reason = Reason.OVERDUE
    nothing = "各步骤都没有逾期，或逾期的都已提醒过"

    def draft_due(self, given: Occasion, connection: Connection) -> list[NoticeDecision]:
        """As of ``UnansweredMail``."""
        everybody = recipients(given.region, given.region.local_day(given.now))
        late = [one for one in _steps(given, connection, everybody) if one.tell_at <= given.now]
        return self._draft_steps(given, late)

    def draft_next(self, given: Occasion, connection: Connection, recipient: Recipient) -> list[NoticeDecision]:
        """As of ``UnansweredMail``."""
        everybody = recipients(given.region, given.region.local_day(given.now))
        steps = [one for one in _steps(given, connection, everybody) if one.recipient == recipient]
        step = min((one for one in steps if one.tell_at > given.now), key=lambda one: one.tell_at, default=None)
        if step is None:
            return []
        beside = [one for one in steps if one.tell_at == step.tell_at and one.is_verification] or [step]
        return self._draft_steps(replace(given, now=step.tell_at), beside if step.is_verification else [step])

    def _draft_steps(self, given: Occasion, late: list[_Step]) -> list[NoticeDecision]:
        """A mail a step and recipient; of what is to be verified one mail a recipient."""
        verifications = [one for one in late if one.is_verification]
        to = {one.recipient.key: one.recipient for one in verifications}
        found = [
            self._draft_verification(given, to[key], [one for one in verifications if one.recipient.key == key])
            for key in to
        ]
        return found + [self._draft_step(given, one) for one in late if not one.is_verification]

    def _draft_verification(self, given: Occasion, recipient: Recipient, late: list[_Step]) -> NoticeDecision:
        """The mail about what should have been verified."""
        items = list_items(given, [str(one.row["episode_id"]) for one in late])
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
        return self.draft(given, recipient, key, content, fields, items)

    def _draft_step(self, given: Occasion, late: _Step) -> NoticeDecision:
        row, deadline, recipient = late.row, late.deadline, late.recipient
        episode_id = str(row["episode_id"])
        items = list_items(given, [episode_id])
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
        return self.draft(given, recipient, late.key, content, fields, items)


KIND = Overdue()


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


def _awake(office: Office, level: int, region: Region, at: datetime) -> datetime:
    """The first instant from ``at`` on at which an office may be told that a step at this level is late (UTC)."""
    if level == Level.RED:
        return at
    if level == Level.ORANGE:
        return office.hours.after_quiet(region, at)
    return office.hours.next_working(region, at)
