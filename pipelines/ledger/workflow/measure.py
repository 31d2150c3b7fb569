"""Measures of the playbook: proposed, assigned with owner and due day, closed with a result; and who owns them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import pandas as pd
from sqlalchemy import Connection, insert, select, update

from pipelines.core.domain import Said, SaidError
from pipelines.core.region.permissions import Permissions, PermittedAct
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, ActContext
from pipelines.ledger.db.schema import measure as table
from pipelines.ledger.db.store import Ledger, in_parts
from pipelines.ledger.workflow.steps import Subject, refuse_ended


class Progress(StrEnum):
    """Where a measure stands."""

    ASSIGNED = "assigned"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(frozen=True)
class Proposal:
    """A measure of the playbook that fits a warning; ``item`` of the notice of 2020-03-11."""

    playbook: str
    title: str
    item: int
    due_days: int
    basis: str


@dataclass(frozen=True)
class Assignment:
    """What is to be done by whom until when; ``deputy`` may be empty."""

    playbook: str
    owner: str
    deputy: str
    due_on: date


@dataclass(frozen=True)
class Measure:
    """An assigned measure; ``result`` says what came of it, or why it was dropped."""

    measure_id: int
    episode_id: str
    playbook: str
    area: str
    owner: str
    deputy: str
    due_on: date
    note: str
    assigned_at: datetime
    assigned_by: str
    state: Progress
    closed_at: datetime | None
    closed_by: str | None
    result: str

    def is_overdue(self, today: date) -> bool:
        """Whether it should have been done before today."""
        return self.state is Progress.ASSIGNED and self.due_on < today


def proposals(playbook: pd.DataFrame, kind: str, indicator: str, level: int) -> list[Proposal]:
    """The measures for a kind of rule, an indicator and a level, in the order of playbook.csv (``Region.playbook``)."""
    return [
        Proposal(str(row.playbook), str(row.title), int(row.item), int(row.due_days), str(row.basis))
        for row in playbook.itertuples()
        if kind in str(row.kinds).split(";")
        and level <= int(str(row.from_level))
        and (pd.isna(row.indicators) or indicator in str(row.indicators).split(";"))
    ]


def assign_measure(
    ledger: Ledger, permissions: Permissions, context: ActContext, subject: Subject, assignment: Assignment, today: date
) -> int:
    """Assign a measure to a warning; returns its number.

    Raises SaidError for a role that may not, for no owner, a day that has passed, a measure assigned already,
    or a warning that is over.
    """
    if not permissions.may_for(context.viewer, PermittedAct.ASSIGN_MEASURE, subject.area, is_city=subject.is_city):
        raise SaidError(Said("您的角色不能安排措施", "your role does not assign measures"))
    if not assignment.owner.strip():
        raise SaidError(Said("请写明责任人或岗位", "say who is responsible"))
    if assignment.due_on < today:
        raise SaidError(Said("完成日期已经过去，请改为今天或以后", "the due day has passed"))
    values = {
        "episode_id": subject.episode_id,
        "playbook": assignment.playbook,
        "area": subject.area,
        "owner": assignment.owner.strip(),
        "deputy": assignment.deputy.strip(),
        "due_on": assignment.due_on,
        "note": context.note.strip(),
        "assigned_at": context.at,
        "assigned_by": context.actor.who,
        "state": Progress.ASSIGNED.value,
        "result": "",
    }
    with ledger.writing() as connection:
        refuse_ended(connection, subject)
        is_there = connection.execute(
            select(table.c.measure_id).where(
                table.c.episode_id == subject.episode_id,
                table.c.playbook == assignment.playbook,
                table.c.state == Progress.ASSIGNED.value,
            )
        ).first()
        if is_there is not None:
            raise SaidError(Said("这项措施已经安排，正在进行", "this measure is assigned already"))
        made = connection.execute(insert(table).values(values).returning(table.c.measure_id)).scalar_one()
        details = {"measure": assignment.playbook, "due": assignment.due_on.isoformat()}
        trail.append_entry(
            connection, Act.MEASURE, context.actor, f"warning {subject.episode_id}", context.at, details=details
        )
    return int(made)


def close_measure(
    ledger: Ledger,
    permissions: Permissions,
    context: ActContext,
    subject: Subject,
    measure_id: int,
    state: Progress,
    result: str,
) -> None:
    """Say that a measure of this warning is done or dropped, and what came of it.

    Raises SaidError for a role that may not, without a result, or when it is closed already.
    """
    if not permissions.may_for(context.viewer, PermittedAct.REPORT_MEASURE, subject.area, is_city=subject.is_city):
        raise SaidError(Said("您的角色不能填报结果", "your role does not report results"))
    if not result.strip():
        raise SaidError(Said("请写明结果或不再实施的理由", "say what came of it, or why it was dropped"))
    if state is Progress.ASSIGNED:
        raise SaidError(Said("请选择完成或不再实施", "choose done or dropped"))
    with ledger.writing() as connection:
        done = connection.execute(
            update(table)
            .where(
                table.c.measure_id == measure_id,
                table.c.episode_id == subject.episode_id,
                table.c.state == Progress.ASSIGNED.value,
            )
            .values(state=state.value, closed_at=context.at, closed_by=context.actor.who, result=result.strip())
        )
        if done.rowcount != 1:
            raise SaidError(Said("这项措施已经办结", "this measure is closed already"))
        details = {"number": measure_id, "state": state.value}
        trail.append_entry(
            connection, Act.MEASURE, context.actor, f"warning {subject.episode_id}", context.at, details=details
        )


def measures(
    connection: Connection, episode_ids: Iterable[str], until: datetime | None = None
) -> dict[str, list[Measure]]:
    """The measures of these warnings, in the order in which they were assigned; ``until``: as they were known then."""
    found: dict[str, list[Measure]] = {}
    for some in in_parts(episode_ids):
        found |= {episode_id: [] for episode_id in some}
        query = select(table).where(table.c.episode_id.in_(some)).order_by(table.c.measure_id)
        if until is not None:
            query = query.where(table.c.assigned_at <= until)
        for row in connection.execute(query).mappings():
            values = dict(row) | {"state": Progress(row["state"])}
            if until is not None and row["closed_at"] is not None and row["closed_at"] > until:
                values |= {"state": Progress.ASSIGNED, "closed_at": None, "closed_by": None, "result": ""}
            found[row["episode_id"]].append(Measure(**values))
    return found


_LONGEST = 128  # signs that a form takes


@dataclass(frozen=True)
class Responsible:
    """Posts with their office, never persons; ``deputy`` may be empty."""

    owner: str
    deputy: str = ""


def responsible(
    offices: pd.DataFrame,
    recipients: pd.DataFrame,
    absences: pd.DataFrame,
    area: str,
    officer_posts: Sequence[str] | None,
    today: date,
) -> Responsible:
    """Who is responsible in an area today, as offices.csv, recipients.csv and absences.csv have it.

    ``officer_posts``: of an employer on the list of key employers the posts that serve it (notice, item 1); None of any
    other, for which the office as such is responsible. A post that is away is represented by the deputy absences.csv
    names, and without one passed over; after the officer come the office's own posts. Both texts are empty where no
    office answers for the area.
    """
    office = next((one for one in offices.itertuples() if area in str(one.areas).split(";")), None)
    if office is None:
        return Responsible("")
    if officer_posts is None:
        return Responsible(str(office.name))
    stamp = pd.Timestamp(today)
    own = recipients[(recipients["office_id"] == office.office_id) & (recipients["valid_from"] <= stamp)]
    titles = own.loc[own["valid_to"].isna() | (own["valid_to"] >= stamp), "title"]
    away = absences[(absences["office_id"] == office.office_id) & absences["absent_from"].le(stamp)]
    away = away[away["absent_to"].ge(stamp)].drop_duplicates("post").set_index("post")["deputy"]
    there = [_present(post, away) for post in dict.fromkeys((*officer_posts, *map(str, titles)))]
    named = [f"{post}（{office.name}）"[:_LONGEST] for post in dict.fromkeys(there) if post]
    return Responsible(*named[:2]) if named else Responsible(str(office.name))


def _present(post: str, away: pd.Series) -> str:
    """The post itself, its deputy while it is away, or nothing."""
    if post not in away.index:
        return post
    deputy = away[post]
    return str(deputy) if isinstance(deputy, str) else ""
