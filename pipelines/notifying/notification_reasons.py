"""Why each recipient is told of each warning, or why not: all warnings of an edition at once, as columns."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.core.domain import ANNOUNCED, ENDS, TOTAL_INDUSTRY, Level, State
from pipelines.core.region.load import Region
from pipelines.core.region.office_hours import suspected_at
from pipelines.ledger.notifications.notification_state import NoticeWords, NotificationState
from pipelines.ledger.workflow.acknowledgement import Acknowledgement
from pipelines.ledger.workflow.steps import WorkflowState
from pipelines.notifying.audience import DESKS, Recipient

_FOLD_DAYS = 7  # a city-wide shock takes in what opened so many days around it
Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]
Words = NDArray[np.object_]


@dataclass(frozen=True)
class Board:
    """The open warnings of an edition and what people made of them, one row a warning, in the order of mails.

    ``rows``: the columns of mail_warning.sql with ``level`` as it counts (people's, unless it got worse), ``state``,
    ``is_ended`` (people lifted or dismissed it), ``is_receded`` (the data closed it and it stays open),
    ``suspected_at`` (from when it is to be verified, UTC),
    ``issued_at`` (UTC or NaT), ``parent`` (the city-wide warning it is folded into, else empty), ``silenced``
    (acknowledgements that hold, by office, their end in local time), ``expired`` (when the last one of an office
    ended, by office; UTC) and ``ended_by``. ``closed``: the other warnings, with ``state`` and ``is_issued`` (whether
    it ever was).
    """

    rows: pd.DataFrame
    closed: pd.DataFrame

    @property
    def ids(self) -> Words:
        """Identities of the warnings."""
        return np.asarray(self.rows["episode_id"], dtype=object)


def board(
    warnings: pd.DataFrame,
    standing: Mapping[str, WorkflowState],
    acknowledged: Mapping[str, list[Acknowledgement]],
    region: Region,
    now: datetime,
    told_from: date | None = None,
) -> Board:
    """The open warnings with their human side; ``warnings`` are rows of mail_warning.sql of all areas.

    ``told_from``: ``steps.first_published_day``.
    """
    machine = warnings["level"].astype(int)
    stand = np.array([standing.get(one, WorkflowState()) for one in warnings["episode_id"]], dtype=object)
    states = np.array([one.state_at(level) for one, level in zip(stand, machine, strict=True)], dtype=object)
    is_on = np.array(
        [
            status == "open" or one.outlasts_its_data(str(kind), level, pd.Timestamp(closed).date(), told_from)
            for status, kind, closed, one, level in zip(
                warnings["status"], warnings["kind"], warnings["closed_on"], stand, machine, strict=True
            )
        ],
        dtype=bool,
    )
    closed = warnings[~is_on].assign(
        state=states[~is_on], is_issued=np.array([one.entered(State.ISSUED) is not None for one in stand[~is_on]], bool)
    )
    rows, machine = warnings[is_on].reset_index(drop=True), machine[is_on].reset_index(drop=True)
    stand, states = stand[is_on], states[is_on]
    holding = [
        {
            one.office_id: replace(one, expires_at=one.expires_at.astimezone(region.time_zone))
            for one in reversed(acknowledged.get(episode_id, []))
            if one.holds(level, now)
        }
        for episode_id, level in zip(rows["episode_id"], machine, strict=True)
    ]
    rows = rows.assign(
        is_receded=rows["status"] != "open",
        suspected_at=pd.Series(
            [suspected_at(region, row) for row in rows.itertuples(index=False)], dtype="datetime64[us, UTC]"
        ),
        machine_level=machine,
        level=np.array([one.level_at(level).value for one, level in zip(stand, machine, strict=True)], dtype=np.int64),
        state=pd.Series([state.value for state in states], dtype=object),
        is_ended=np.array([state in ENDS for state in states], dtype=bool),
        is_issued=np.array([state in ANNOUNCED for state in states], dtype=bool),
        issued_at=pd.Series([one.entered(State.ISSUED) for one in stand], dtype="datetime64[us, UTC]"),
        ended_by=pd.Series(
            [_ended(one, region) if state in ENDS else "" for one, state in zip(stand, states, strict=True)],
            dtype=object,
        ),
        silenced=pd.Series(holding, dtype=object),
        expired=pd.Series(
            [
                _expired(acknowledged.get(episode_id, []), level, now)
                for episode_id, level in zip(rows["episode_id"], machine, strict=True)
            ],
            dtype=object,
        ),
    )
    return Board(rows.assign(parent=_parents(rows, region.city)), closed)


@dataclass(frozen=True)
class Told:
    """What one recipient is told of each warning of a board, before anything is said about mails.

    ``why`` and ``detail`` per row of the board; ``is_news``: worth a mail; ``is_urgent``: worth one of its own at once;
    ``is_listed``: belongs into this recipient's digest; ``is_own``: of the office's areas.
    """

    why: Words
    detail: Words
    before: Numbers
    is_news: Flags
    is_urgent: Flags
    is_listed: Flags
    is_own: Flags


def judged(one: Board, recipient: Recipient, known: NotificationState) -> Told:
    """Compare the board with what the recipient knows."""
    rows = one.rows
    level = rows["level"].to_numpy(dtype=np.int64)
    before = np.array([known.levels.get(episode_id, 0) for episode_id in rows["episode_id"]], dtype=np.int64)
    is_own = rows["area"].isin(recipient.office.areas).to_numpy()
    is_ended, is_receded = rows["is_ended"].to_numpy(), rows["is_receded"].to_numpy()
    is_known = before > 0
    taken = [office.get(recipient.office.office_id) for office in rows["silenced"]]
    is_taken = np.array([bool(found) for found in taken], dtype=bool)
    told_at = pd.Series([known.told_at.get(one) for one in rows["episode_id"]], dtype="datetime64[us, UTC]")
    is_newly_issued = rows["is_issued"].to_numpy() & is_known & (rows["issued_at"] > told_at).to_numpy()
    changed = np.select(
        [
            is_ended & is_known,
            is_ended,
            ~is_known & is_receded,
            ~is_known,
            level < before,
            is_newly_issued,
            level > before,
            is_taken,
        ],
        [
            NoticeWords.LIFTED,
            NoticeWords.SILENCED,
            NoticeWords.NOTHING_NEW,
            NoticeWords.FIRST,
            NoticeWords.WORSE,
            NoticeWords.ISSUED,
            NoticeWords.BETTER,
            NoticeWords.SILENCED,
        ],
        default=NoticeWords.NOTHING_NEW,
    ).astype(object)
    is_rising = np.isin(changed, [NoticeWords.FIRST, NoticeWords.WORSE, NoticeWords.ISSUED])
    is_desk = recipient.role in DESKS
    is_folded = (rows["parent"] != "").to_numpy() & is_rising & is_own & (changed != NoticeWords.ISSUED)
    is_severe = level <= Level.ORANGE
    is_listed = is_own & ~is_ended & (is_desk | is_known | is_severe)
    why = np.where(~is_own, NoticeWords.NOT_IN_SCOPE, np.where(is_folded & is_listed, NoticeWords.FOLDED, changed))
    why = np.where(
        is_own & ~is_listed & ~np.isin(changed, [NoticeWords.LIFTED, NoticeWords.SILENCED]),
        NoticeWords.NOT_FOR_POST,
        why,
    )
    is_news = np.isin(
        why,
        [
            NoticeWords.FIRST,
            NoticeWords.WORSE,
            NoticeWords.ISSUED,
            NoticeWords.BETTER,
            NoticeWords.LIFTED,
            NoticeWords.FOLDED,
        ],
    )
    detail = np.full(len(rows), "", dtype=object)
    detail[why == NoticeWords.FOLDED] = rows["parent"].to_numpy(dtype=object)[why == NoticeWords.FOLDED]
    for place in np.flatnonzero((why == NoticeWords.SILENCED) | (why == NoticeWords.LIFTED)):
        found = taken[place]
        detail[place] = rows["ended_by"].iat[place] or (
            f"{found.who} 已签收，至 {found.expires_at:%Y-%m-%d}" if found else ""
        )
    is_urgent = is_rising & is_severe & is_own & ~is_ended & is_listed
    return Told(why, detail, before, is_news, is_urgent, is_listed, is_own)


def _expired(taken: list[Acknowledgement], level: int, now: datetime) -> dict[str, datetime]:
    """When the last one of an office ended; one that the warning has outgrown ended then, and its end tells nothing."""
    ends = [
        (one.office_id, min(one.expires_at, one.undone_at or one.expires_at))
        for one in reversed(taken)
        if not one.is_outgrown(level)
    ]
    return {office_id: at for office_id, at in ends if at <= now}


def _ended(one: WorkflowState, region: Region) -> str:
    last = one.steps[-1]
    word = "认定误报" if last.to_state is State.DISMISSED else "决定解除"
    return f"{last.who} {region.local_day(last.acted_at)} {word}"[:200]


def _parents(rows: pd.DataFrame, city: str) -> Words:
    """Per warning the open city-wide one of the same indicator that it is folded into, or an empty text.

    A parent is as severe or worse, of the same industry or of all, and opened about the same time.
    """
    parent = np.full(len(rows), "", dtype=object)
    opened = pd.to_datetime(rows["opened_on"]).to_numpy()
    level, area = rows["level"].to_numpy(), rows["area"].to_numpy()
    industry, indicator = rows["industry"].to_numpy(), rows["indicator"].to_numpy()
    is_ended, kind = (rows["is_ended"] | rows["is_receded"]).to_numpy(), rows["kind"].to_numpy()
    heads = np.flatnonzero((area == city) & ~is_ended)
    # The most specific parent wins: one of the industry is looked at after one of all industries.
    for head in sorted(heads, key=lambda at: (industry[at] != TOTAL_INDUSTRY, -level[at])):
        is_near = np.abs(opened - opened[head]) <= np.timedelta64(timedelta(days=_FOLD_DAYS))
        is_part = (
            (area != city) & (indicator == indicator[head]) & (level >= level[head]) & ~is_ended & (kind == kind[head])
        )
        is_part &= (industry == industry[head]) | (industry[head] == TOTAL_INDUSTRY)
        parent[is_near & is_part] = rows["episode_id"].iat[head]
    return parent
