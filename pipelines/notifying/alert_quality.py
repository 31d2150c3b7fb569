"""How good the alerts of a month were: how many, confirmed or dismissed and why, how soon they were answered, mails."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

import pandas as pd

from pipelines.core.domain import State, recipient_viewer
from pipelines.ledger import Ledger
from pipelines.ledger.notifications.notice import Notice, recorded_notices
from pipelines.ledger.workflow.acknowledgement import acknowledgements
from pipelines.ledger.workflow.steps import Cause, Transition, workflow_states
from pipelines.notifying.audience import offices
from pipelines.notifying.notices import Occasion
from pipelines.published.read import read

CAUSES = {
    Cause.DATA_ERROR: "数据差错",
    Cause.LATE_FILING: "迟报集中补报",
    Cause.POLICY_CHANGE: "政策或口径变化",
    Cause.SEASON: "季节因素",
    Cause.TRANSFER: "成建制转移",
    Cause.CHANCE: "偶然波动",
    Cause.OTHER: "其他",
}


@dataclass(frozen=True)
class Line:
    """One rule's month: warnings opened, confirmed, dismissed (for which causes), not decided yet."""

    rule: str
    opened: int
    confirmed: int
    dismissed: int
    undecided: int
    causes: list[tuple[str, int]]


@dataclass(frozen=True)
class Report:
    """A month's alerts. ``confirmed_share`` of those decided about, ``hours_to_answer``: median from the first mail to
    the first acknowledgement, 0 where that came before the mail; None where there is none. ``mails`` by office."""

    lines: list[Line]
    opened: int
    confirmed_share: str | None
    causes: list[tuple[str, int]]
    hours_to_answer: float | None
    unanswered: int
    mails: list[tuple[str, int]]


def report(given: Occasion, ledger: Ledger, first: date, last: date) -> Report:
    """What became of the warnings opened from ``first`` to ``last``, from the published file and the ledger."""
    region = given.region
    everybody = offices(region)
    everywhere = recipient_viewer(frozenset[str]().union(*(one.areas for one in everybody)))
    told = read("mail_warning", everywhere, given.edition.cutoff_at, published=given.settings.published)
    opened = pd.to_datetime(told["opened_on"])
    rows = told[(opened >= pd.Timestamp(first)) & (opened <= pd.Timestamp(last))]
    ids = [str(one) for one in rows["episode_id"]]
    with ledger.reading() as connection:
        stand, taken = workflow_states(connection, ids), acknowledgements(connection, ids)
    ruling = {one: _ruling(stand[one].steps) for one in ids}
    fate = {episode_id: "" if one is None else str(one.to_state) for episode_id, one in ruling.items()}
    notices = recorded_notices(ledger)
    first_mail = _first_mail(notices)
    answered = [
        max(min(one.acknowledged_at for one in taken[episode_id]) - first_mail[episode_id], timedelta())
        / timedelta(hours=1)
        for episode_id in ids
        if taken[episode_id] and episode_id in first_mail
    ]
    decided = [one for one in fate.values() if one]
    rows = rows.assign(
        fate=[fate[one] for one in ids], cause=[one.cause if one is not None else "" for one in ruling.values()]
    )
    begins, ends = region.local_midnight(first), region.local_midnight(last + timedelta(days=1))
    sent = pd.Series(
        [one.office_id for one in notices if one.is_due and begins <= one.decided_at < ends], dtype="object"
    )
    counts = sent.value_counts()
    return Report(
        lines=_lines(rows),
        opened=len(rows),
        confirmed_share=f"{100 * decided.count('confirmed') / len(decided):.0f}%" if decided else None,
        causes=_causes(rows),
        hours_to_answer=round(median(answered), 1) if answered else None,
        unanswered=sum(not taken[one] and not fate[one] and one in first_mail for one in ids),
        mails=[(one.name, int(counts.get(one.office_id, 0))) for one in everybody],
    )


def _ruling(steps: tuple[Transition, ...]) -> Transition | None:
    """The last step that confirmed or dismissed a warning; None while nobody decided."""
    return next((one for one in reversed(steps) if one.to_state in {State.CONFIRMED, State.DISMISSED}), None)


def _causes(rows: pd.DataFrame) -> list[tuple[str, int]]:
    counts = rows.loc[rows["fate"] == "dismissed", "cause"].value_counts()
    return [(CAUSES[Cause(str(cause))], int(count)) for cause, count in counts.items()]


def _first_mail(notices: list[Notice]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for one in notices:
        if one.is_due:
            for episode_id in one.content:
                found.setdefault(episode_id, one.not_before or one.decided_at)
    return found


def _lines(rows: pd.DataFrame) -> list[Line]:
    found = []
    for title, members in rows.groupby("rule_title", sort=True):
        fates = members["fate"].value_counts()
        confirmed, dismissed = int(fates.get("confirmed", 0)), int(fates.get("dismissed", 0))
        undecided = len(members) - confirmed - dismissed
        found.append(Line(str(title), len(members), confirmed, dismissed, undecided, _causes(members)))
    return sorted(found, key=lambda one: -one.opened)
