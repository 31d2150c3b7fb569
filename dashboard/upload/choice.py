"""What somebody chose to send: feed, area, period, and whether it is the first file, a correction or a supplement."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dashboard.locale import text
from dashboard.summary import reference
from dashboard.summary.reference import region
from dashboard.web import data
from dashboard.web.security import current_permissions, trail
from pipelines.core.domain import Grain, SaidError, UserError
from pipelines.core.region.permissions import PermittedAct, Scope
from pipelines.feeds import contracts
from pipelines.feeds.contract import Contract, Slice
from pipelines.ledger.uploads import upload as uploads
from pipelines.ledger.uploads.upload import Stage, may_send, said_twice

MOST_VERSION = 9998
"""A file's name holds four digits of a version, and one more must remain for a correction."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_GRAINS = {"workday": Grain.DAY} | {str(grain): grain for grain in Grain}


class Kind(StrEnum):
    """What a file is to those before it of its slice."""

    FIRST = "first"
    CORRECTION = "correction"
    SUPPLEMENT = "supplement"


@dataclass(frozen=True)
class Before:
    """A file of the same slice that came before, by the inbox or by this page."""

    version: int
    is_supplement: bool
    content_hash: str
    is_alive: bool
    receipt: int | None


@dataclass(frozen=True)
class Choice:
    """What is to be sent, within contract, region and rights; ``before``: the files of this slice, newest first."""

    contract: Contract
    area: str
    period: date
    grain: Grain
    kind: Kind
    before: tuple[Before, ...]

    @property
    def newest_version(self) -> int:
        """The highest version of this slice so far, 0 while there is none."""
        return max((one.version for one in self.before), default=0)

    @property
    def meant(self) -> Slice:
        """What the file is to speak for; a version that it states itself counts instead."""
        version = self.newest_version + 1 if self._wants_new_version else max(self.newest_version, 1)
        return Slice(self.area, self.period, self.grain, version, self.kind is Kind.SUPPLEMENT)

    @property
    def _wants_new_version(self) -> bool:
        """A correction, and what was refused or withdrawn before: the same content in the same version never counts."""
        is_supplement = self.kind is Kind.SUPPLEMENT
        dead = [one.version for one in self.before if one.is_supplement is is_supplement and not one.is_alive]
        return self.kind is Kind.CORRECTION or max(dead, default=0) == self.newest_version > 0

    @property
    def words(self) -> str:
        """Feed, area and period in one breath."""
        shown = f"{self.period:%Y-%m}" if self.grain in (Grain.MONTH, Grain.QUARTER) else self.period.isoformat()
        return f"{reference.feed(self.contract.feed)} · {reference.place(self.area)} · {shown}"


def feeds_to_send() -> list[str]:
    """The feeds that this viewer sends files of, in the region's order."""
    rows = region().feeds
    scope = current_permissions().scope(data.viewer(), PermittedAct.SEND_FILE)
    known = contracts()
    mine = rows if scope is Scope.ALL else rows[rows["sender_level"] != "city"]
    return [str(feed) for feed in mine["feed"] if feed in known]


def areas_to_send(feed: str) -> list[str]:
    """Codes of the areas for which this viewer sends files of a feed."""
    who, city = data.viewer(), region().city
    wanted = [city] if _is_of_city(feed) else region().units
    return [code for code in wanted if may_send(current_permissions(), who, code, city)]


def sends_anything() -> bool:
    """Whether this viewer sends files at all, and now: not while looking back."""
    return current_permissions().may(data.viewer(), PermittedAct.SEND_FILE) and data.looks_back_to() is None


def grain_of(feed: str) -> Grain | None:
    """The length of a feed's period; None where a file may speak for a day or a month."""
    contract = contracts()[feed]
    if contract.grain is not None:
        return contract.grain
    rows = region().feeds
    return _GRAINS.get(str(rows.loc[rows["feed"] == feed, "cadence"].iloc[0]))


def choice_of(values: Mapping[str, str]) -> Choice:
    """The choice among what was sent: feed, area, period, kind. Raises UserError with the sentence for the sender."""
    feed, area, kind = (values.get(name, "") for name in ("feed", "area", "kind"))
    if feed not in feeds_to_send():
        raise UserError(text("Choose one of the feeds that you send."))
    if area not in areas_to_send(feed):
        raise UserError(text("Choose an area that you send files for."))
    if kind not in set(Kind):
        raise UserError(text("Choose whether it is the first file, a correction or a supplement."))
    period, grain = _period(feed, values.get("period", ""))
    return Choice(contracts()[feed], area, period, grain, Kind(kind), _before(feed, area, period))


def refuse_repeated(choice: Choice, content_hash: str) -> None:
    """Raise UserError for the very file that came last, and for a first file where one has come already."""
    alive = [one for one in choice.before if one.is_alive]
    last = next((one for one in alive if one.is_supplement is choice.meant.is_supplement), None)
    if last is not None and last.content_hash == content_hash:
        if last.receipt is not None:
            raise SaidError(said_twice(last.receipt))
        raise UserError(text("This very file has come already; it is not stored again."))
    if choice.kind is Kind.FIRST and any(not one.is_supplement for one in alive):
        raise UserError(text("A file of this area and period has come already: choose correction or supplement."))


def refuse_contradiction(choice: Choice, named: Slice) -> None:
    """Raise UserError where what the file states of itself is not what was chosen."""
    if named.is_supplement and choice.kind is not Kind.SUPPLEMENT:
        raise UserError(text("The file says that it is a supplement; choose supplement, or correct the file."))
    if named.version > MOST_VERSION:
        raise UserError(
            text(
                "This would be version {stated}; the highest is {most}. Tell the administrator.",
                stated=named.version,
                most=MOST_VERSION,
            )
        )
    if choice.newest_version < choice.meant.version and named.version < choice.meant.version:
        raise UserError(
            text(
                "The file says version {stated}, but version {newest} has come already: write {next} or leave it out.",
                stated=named.version,
                newest=choice.newest_version,
                next=choice.meant.version,
            )
        )


def _before(feed: str, area: str, period: date) -> tuple[Before, ...]:
    """Those of the newest edition, and what was sent by the upload page."""
    rows = data.read("slice_drop", feed=feed, area=area, period=period)
    with trail().ledger.reading() as connection:
        sent = uploads.of_slice(connection, feed, area, period)
    published = set(rows["drop_id"])
    receipts = {one.drop_id: one.upload_id for one in sent}
    gone = {one.drop_id for one in sent if one.stage in {Stage.REFUSED, Stage.WITHDRAWN}}
    found = [
        Before(one.version, one.is_supplement, one.content_hash, one.drop_id not in gone, one.upload_id)
        for one in sent
        if one.drop_id not in published
    ]
    found += [
        Before(
            int(row.version),
            bool(row.is_supplement),
            row.content_hash,
            row.status != "refused" and row.drop_id not in gone,
            receipts.get(row.drop_id),
        )
        for row in rows.itertuples(index=False)
    ]
    return tuple(found)


def _is_of_city(feed: str) -> bool:
    rows = region().feeds
    return bool((rows.loc[rows["feed"] == feed, "sender_level"] == "city").any())


def _period(feed: str, written: str) -> tuple[date, Grain]:
    """First day and grain of the period that was chosen or written."""
    grain = grain_of(feed)
    is_month = _MONTH.fullmatch(written) is not None
    if not is_month and _DAY.fullmatch(written) is None:
        raise UserError(_wanted(grain))
    try:
        at = date.fromisoformat(f"{written}-01" if is_month else written)
    except ValueError:
        raise UserError(_wanted(grain)) from None
    if is_month and grain in (Grain.DAY, Grain.WEEK):
        raise UserError(_wanted(grain))
    grain = grain or (Grain.MONTH if is_month else Grain.DAY)
    start = region().period_start(grain, at)
    if start > data.today():
        raise UserError(text("This period lies ahead; choose one that has begun."))
    return start, grain


def _wanted(grain: Grain | None) -> str:
    if grain in (Grain.MONTH, Grain.QUARTER):
        return text("Write the period like 2026-11.")
    return text("Write the period like 2026-11-23.")
