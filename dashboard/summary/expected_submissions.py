"""What should have come and whether it did, period by period, with the uploads that no edition knows yet laid over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from dashboard.components.roster import state_of
from dashboard.summary import reference
from dashboard.web import data
from dashboard.web.security import trail
from pipelines.core.domain import Audience
from pipelines.ledger.uploads import upload as ledger_uploads
from pipelines.ledger.uploads.upload import Stage, Upload

SHOWN = timedelta(days=400)  # a quarter's file is shown for a year
PERIODS = 12
OPEN_STATES = frozenset({"missing", "overdue", "held", "refused", "withdrawn", "not_due"})
"""States in which a file is still wanted."""
# What an upload makes of a slot until the next edition tells it itself; keys of components.arrival.WORDS.
_OVERLAID = {
    Stage.CHECKED: "waiting",
    Stage.ACCEPTED: "counts_next",
    Stage.HELD: "held",
    Stage.REFUSED: "refused",
    Stage.WITHDRAWN: "withdrawn",
}
_SAYS_LITTLE = frozenset({Stage.REFUSED, Stage.WITHDRAWN})


@dataclass(frozen=True)
class Slot:
    """One file that should have come: ``state`` as people see it now, ``upload`` what was sent since the edition."""

    feed: str
    area: str
    period: date
    grain: str
    state: str
    rows_back: int
    place: int
    upload: Upload | None

    @property
    def is_wanted(self) -> bool:
        """Whether a file is still to be sent."""
        return self.state in OPEN_STATES


def slots() -> list[Slot]:
    """The last periods of all feeds this viewer may see; by feed, area, newest first."""
    return data.once(_slots)


def _slots() -> list[Slot]:
    since = data.edition().day - SHOWN
    rows = data.read("last_slots", since=since, most=PERIODS)
    laid = overlay(sent_since()) if data.looks_back_to() is None else {}
    found = []
    for row in rows.itertuples(index=False):
        period = row.period.date()
        upload = laid.get((row.feed, row.area, period))
        state = state_of(row)
        if upload is not None and (upload.stage not in _SAYS_LITTLE or state in OPEN_STATES):
            state = _OVERLAID[upload.stage]
        back = 0 if pd.isna(row.rows_quarantined) else int(row.rows_quarantined)
        found.append(Slot(row.feed, row.area, period, row.grain, state, back, int(row.place), upload))
    return found


def sent_since() -> Sequence[Upload]:
    """Uploads for the periods shown, of the viewer's areas, newest first; a page that looks back sees none later."""
    return data.once(_sent)


def _sent() -> Sequence[Upload]:
    who = data.viewer()
    if who.audience is Audience.GENERAL:
        return []
    areas = who.areas if who.audience is Audience.OFFICE else None
    with trail().ledger.reading() as connection:
        found = ledger_uploads.uploads(connection, areas, since=data.edition().day - SHOWN)
    if data.looks_back_to() is not None:
        found = [one for one in found if one.uploaded_at <= data.edition().cutoff_at]
    if who.audience is Audience.BUREAU and any(0 < one.rows_total < data.least_persons() for one in found):
        data.note(data.Seen(has_small_cell=True))
    return found


def overlay(sent: Sequence[Upload]) -> Mapping[tuple[str, str, date], Upload]:
    """The newest upload of each slice that the edition on this page does not know, by feed, area and period."""
    cutoff = data.edition().cutoff_at
    fresh = [one for one in sent if one.settled_at is None or one.settled_at > cutoff]
    return {(one.feed, one.area, one.period): one for one in reversed(fresh)}


def owed(found: Sequence[Slot]) -> list[Slot]:
    """The slots whose file was due and has not come, or came and does not count, newest period first."""
    late = [slot for slot in found if slot.is_wanted and slot.state != "not_due"]
    return sorted(late, key=lambda slot: (-slot.period.toordinal(), slot.feed, slot.area))


def own_areas() -> list[str]:
    """Codes of the areas in the rows of the matrix: an office's own units, for all others every unit, then the city."""
    codes = [place.code for place in reference.units()]
    return codes if data.viewer().audience is Audience.OFFICE else [*codes, reference.city()]
