"""The one door of pages to the published files: adds the session's viewer and keeps one request on one edition."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from flask import Flask, Response, current_app, g

from dashboard.locale import Language, answering_in, language, text
from dashboard.locale.translation import REGION, in_words
from dashboard.web.security import current_viewer, page, trail
from pipelines.core.domain import Audience, Edition, Role, UserError, Viewer
from pipelines.core.region.disclosure_policy import DisclosureThresholds
from pipelines.ledger.audit_trail.trail import Act, last_number
from pipelines.published.cache import Kept
from pipelines.published.questions import Query, question
from pipelines.published.read import Parameter, edition_in_force, edition_of_day, files_in_force
from pipelines.published.read import read as read_published

T = TypeVar("T")
PUBLISHED = "GANGSHAO_PUBLISHED"  # key of the folder in the server's configuration
_names: Kept[Any] = Kept(1000)  # tables of names; each counts as one
_of_acts: Kept[tuple[Any, "AuditedContent"]] = Kept(1000)  # what stands on people's acts; each counts as one
_audited: Kept["AuditedContent"] = Kept(1000)  # of answers; each counts as one
_ACTS_SHOWN = (Act.TRANSITION, Act.ACKNOWLEDGEMENT, Act.MEASURE, Act.LINK, Act.ACCOUNT)


def viewer() -> Viewer:
    """Who looks: the viewer of this request's session; within ``as_anybody_of_this_scope`` nobody in particular."""
    someone: Viewer | None = g.get("gangshao_someone")
    return someone or current_viewer()


def anybody(audience: Audience, areas: frozenset[str]) -> Viewer:
    """A viewer of an audience and areas without a name, by the first role of that audience."""
    return Viewer(next(role for role in Role if Viewer(role).audience is audience), areas)


@contextmanager
def as_anybody_of_this_scope() -> Iterator[None]:
    """Look as any viewer of this one's audience and areas: without its name, by the first role of that audience.

    What is made meanwhile can say nothing of the one for whom it happens to be made. The audit trail is not deceived.
    """
    who = viewer()
    g.gangshao_someone = anybody(who.audience, who.areas)
    try:
        yield
    finally:
        g.gangshao_someone = g.get("gangshao_nobody")


def edition() -> Edition:
    """The edition this request shows, the same until its end even when a new one is published meanwhile."""
    held = _request_cache()
    if "edition" not in held:
        held["edition"] = edition_in_force(_published())
    shown: Edition = held["edition"]
    return shown


def newest_edition() -> Edition:
    """The edition in force, whichever past one the reader looks back to."""
    return edition() if looks_back_to() is None else edition_in_force(_published())


def look_back(day: str | None) -> None:
    """Show the rest of this request as it was published on ``day`` (ISO); without a day, as it is now.

    Raises UserError when the day cannot be read or has no edition.
    """
    held = _request_cache()
    held.clear()
    if not day:
        return
    try:
        when = date.fromisoformat(day)
    except ValueError:
        raise UserError(text("Write the day like 2026-11-23.")) from None
    held["edition"] = edition_of_day(_published(), when)
    held["looks_back_to"] = when


def looks_back_to() -> date | None:
    """The past day the reader asked for, None when the page shows the newest edition."""
    day: date | None = _request_cache().get("looks_back_to")
    return day


def until() -> datetime | None:
    """Up to which instant (UTC) people's acts are shown: None where the page shows the newest edition, all of them."""
    return None if looks_back_to() is None else edition().cutoff_at


def read(name: str, **parameters: Parameter) -> pd.DataFrame:
    """Answer a question of pipelines/sql/queries as this session's viewer, in this request's edition.

    The same question within one request is asked once; treat the frame as read-only. Names, titles and grounds are in
    the reader's language. Raises as ``read`` of pipelines.published.read does.
    """

    def answer() -> pd.DataFrame:
        found = in_words(read_published(name, viewer(), edition().cutoff_at, published=_published(), **parameters))
        note_seen(_audited.get_or_make((scope(), asked), lambda: _audited_content(question(name), found)))
        return found

    asked = (name, tuple(sorted(parameters.items())))
    return _remembered(asked, answer)


def read_indicator(name: str, indicator: str, **parameters: Parameter) -> pd.DataFrame:
    """The rows of one indicator in the answer to a question about all, which is parted once in a request."""

    def parted() -> tuple[pd.DataFrame, Any]:
        whole = read(name, **parameters)
        return whole, whole.groupby("indicator", sort=False).indices

    frame, places = _remembered(("by indicator", name, tuple(sorted(parameters.items()))), parted)
    found = places.get(indicator)
    if found is None:
        return frame.iloc[:0]
    first, last = found[0], found[-1] + 1
    is_together = last - first == len(found)  # then no row is copied
    return frame.iloc[first:last] if is_together else frame.iloc[found]


@dataclass
class AuditedContent:
    """What a reader is given that the audit trail has to know: a small cell; employers, by their codes."""

    has_small_cell: bool = False
    employers: set[str] = field(default_factory=set)

    def add(self, other: "AuditedContent") -> None:
        """Take in what another part shows."""
        self.has_small_cell |= other.has_small_cell
        self.employers |= other.employers


def _seen() -> AuditedContent:
    if "gangshao_seen" not in g:
        g.gangshao_seen = AuditedContent()
    found: AuditedContent = g.gangshao_seen
    return found


def note_seen(seen: AuditedContent) -> None:
    """Say what this request's answer shows; it is entered before the answer is given."""
    _seen().add(seen)


@contextmanager
def seen_apart() -> Iterator[AuditedContent]:
    """What is shown by what happens meanwhile; it counts for the whole as well."""
    outer, g.gangshao_seen = _seen(), AuditedContent()
    own: AuditedContent = g.gangshao_seen
    try:
        yield own
    finally:
        g.gangshao_seen = outer
        outer.add(own)


def _audited_content(asked: Query, frame: pd.DataFrame) -> AuditedContent:
    """What an answer holds that the audit trail has to know: small cells for the bureau, employers for all."""
    is_small = viewer().audience is Audience.BUREAU and bool(asked.watched) and has_small_cell(frame, asked.watched)
    codes = {code for column in asked.employers for code in frame[column].dropna().unique()}
    return AuditedContent(is_small, codes)


def audit_views(server: Flask) -> None:
    """Enter in the audit trail, before each answer is given, what it shows; an answer that cannot be entered fails."""

    @server.after_request
    def enter(response: Response) -> Response:
        seen: AuditedContent | None = g.pop("gangshao_seen", None)
        if seen is not None and seen.has_small_cell:
            trail().view_small_cell(page(), today())
        if seen is not None and seen.employers:
            trail().view_employers(page(), today(), sorted(seen.employers))
        return response


@contextmanager
def for_nobody_yet(audience: Audience, areas: frozenset[str], language: Language = Language.CHINESE) -> Iterator[None]:
    """Make what viewers of this scope will ask for, before one of them does: nobody sees it, nothing is entered.

    What the request has read so far is set aside meanwhile, for it was read by another scope's rights.
    """
    g.gangshao_someone = g.gangshao_nobody = anybody(audience, areas)
    aside, g.published_memory = _request_cache(), {}
    seen, g.gangshao_seen = _seen(), AuditedContent()
    try:
        with answering_in(language):
            yield
    finally:
        g.gangshao_someone = g.gangshao_nobody = None
        g.published_memory, g.gangshao_seen = aside, seen


def manifest() -> dict[str, str]:
    """Facts about the published file, by key."""
    return once_an_edition(_manifest)


def _manifest() -> dict[str, str]:
    rows = read("manifest")
    return dict(zip(rows["key"], rows["value"], strict=True))


def today() -> date:
    """The day it is in the region."""
    told = manifest()
    return trail().clock().astimezone(ZoneInfo(told["time_zone"])).date()


def least_persons() -> int:
    """A count of fewer is small: the region's bound, as the edition names it (of older ones: the usual bound)."""
    told = manifest()
    return int(told.get("least_persons", DisclosureThresholds().persons))


def has_small_cell(frame: pd.DataFrame, counts: Sequence[str]) -> bool:
    """Whether an exact count, not none and below the region's bound, is in these columns; a fall counts as a rise does.

    Every count is taken for one of people, also one of posts: an entry too many is better than one too few.
    """
    values = np.abs(frame[list(counts)].to_numpy(dtype=float, na_value=np.nan))
    return bool(((values > 0) & (values < least_persons())).any())


def once(make: Callable[[], T]) -> T:
    """What ``make`` returns, made once in this request."""
    return _remembered(make, make)


def _remembered(key: Hashable, make: Callable[[], T]) -> T:
    """What ``make`` returns, made once in this request; whatever takes it shows what it shows."""
    held = _request_cache()
    if key not in held:
        held[key] = _with_seen(make)
    made: T
    made, seen = held[key]
    note_seen(seen)
    return made


def _with_seen(make: Callable[[], T]) -> tuple[T, AuditedContent]:
    """What ``make`` returns, and what it shows."""
    with seen_apart() as own:
        return make(), own


def once_an_edition(make: Callable[[], T]) -> T:
    """What ``make`` returns, made once for all of a scope and language while the same files are shown. Read-only.

    For tables of names, which every page asks for: ``make`` reads published files alone and returns no count of people.
    """
    held = _request_cache()
    if make not in held:
        held[make] = _names.get_or_make((scope(), make), make)
    made: T = held[make]
    return made


def once_until_act(make: Callable[[], T], *about: Hashable) -> T:
    """What ``make`` returns, made once for all of a scope and language until the next act or minute. Read-only.

    For what stands on published files, on the time, and on what people did about warnings and accounts: pages say it
    anew in every answer, and mostly nobody has acted. ``about``: whatever else it depends on.
    """
    now = trail().clock().replace(second=0, microsecond=0)
    key = (scope(), _last_act(), now, make.__module__, make.__qualname__, about)
    made: T
    made, seen = _of_acts.get_or_make(key, lambda: _with_seen(make))
    note_seen(seen)
    return made


def _last_act() -> int:
    held = _request_cache()
    if "last_act" not in held:
        with trail().ledger.reading() as connection:
            held["last_act"] = last_number(connection, _ACTS_SHOWN)
    return held["last_act"]  # type: ignore[no-any-return]


def scope() -> Hashable:
    """What this request shows hangs on this and on what is asked: files, edition, day, words, scope and language."""
    who = viewer()
    return files(), edition(), looks_back_to(), region_changed_at(), who.audience, who.areas, language()


def region_changed_at() -> int:
    """When a file of the region's folder was last changed (ns since 1970): what stands on its files is made anew."""
    return once(_region_changed_at)


def _region_changed_at() -> int:
    folder: Path = current_app.config[REGION]
    return max(place.stat().st_mtime_ns for place in (folder, *folder.iterdir()))  # the folder: a file is gone


def files() -> Hashable:
    """What tells the published files of this request from any before or after them."""
    held = _request_cache()
    if "files" not in held:
        held["files"] = files_in_force(_published(), viewer())
    return held["files"]  # type: ignore[no-any-return]


def _published() -> Path:
    folder: Path = current_app.config[PUBLISHED]
    return folder


def _request_cache() -> dict[Any, Any]:
    """What this request has already read; dies with the request, so that no two viewers share an answer."""
    if "published_memory" not in g:
        g.published_memory = {}
    held: dict[Any, Any] = g.published_memory
    return held


def may_read_scores(area: str) -> bool:
    """Whether this session's viewer reads exact scores and forecasts of an area at all."""
    who = viewer()
    return who.audience == "bureau" or (who.audience == "office" and area in who.areas)
