"""The one door to the published files: every page, mail, download and notebook asks here, and sees only its scope."""

import threading
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

import duckdb
import pandas as pd

from pipelines.core.catalogue.table import Clock
from pipelines.core.catalogue.tables import tables
from pipelines.core.domain import Audience, Edition, Said, SaidError, UserError, Viewer
from pipelines.core.sql import Sql, literal, name, step, view
from pipelines.published import schema
from pipelines.published.cache import Kept
from pipelines.published.questions import question
from pipelines.published.scope import EVERYTHING, Source, kept_from, scope

_HISTORY = "_history"
_ALL = Sql("true")
_FIGURES = frozenset({"numerator", "denominator", "value"})
_SAYS_WITHHELD = 9  # form of the published files
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "memory_limit": "1GB",
    "temp_directory": "",  # nothing a viewer asked for lies about on disk
}
_NOTHING = Said("还没有发布任何版次，请先运行 gangshao run", "nothing has been published yet")
MOST_BEHIND = 300.0  # seconds that readers may be kept on one edition that is not in force any more
_ROOM = 16 * 2**20  # bytes of answers kept for each open base
_WEIGHED = 256  # rows of a long answer
Parameter = str | int | float | bool | date | datetime | None


@dataclass
class _Base:
    """An in-memory DuckDB with the files of one edition attached read-only; closed when the last user leaves."""

    connection: duckdb.DuckDBPyConnection
    columns: dict[tuple[str, str], tuple[str, ...]]
    form: int
    editions: tuple[Edition, ...]
    city: str
    office_sees: frozenset[str]
    offices: frozenset[str]
    answers: Kept[pd.DataFrame] = field(default_factory=lambda: Kept(_ROOM))
    users: int = 0
    is_retired: bool = False


@dataclass
class _Door:
    """The open editions of this process, by folder, audience kind and identity of the files.

    ``shown``: the edition a folder's readers are kept on while the next is prepared; without one the pointer's.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    bases: dict[tuple[Path, bool], dict[tuple[object, ...], _Base]] = field(default_factory=dict)
    shown: dict[Path, str] = field(default_factory=dict)
    behind: dict[Path, float] = field(default_factory=dict)
    """Since when the edition shown has been another than the pointer's."""
    prepared: str = ""
    """The edition whose pages were made last; its files stay open beside those of the edition that is shown."""


_door = _Door()
_preparing: ContextVar[str] = ContextVar("preparing", default="")


def read(
    name: str, viewer: Viewer, as_of: datetime | None = None, *, published: Path, **parameters: Parameter
) -> pd.DataFrame:
    """Answer the question ``pipelines/sql/queries/<name>.sql`` as ``viewer`` may see it.

    ``as_of`` (an instant with a zone; None: now) shows what the edition in force at that instant showed: of rows with
    vintages those known then, of scores and forecasts those of that edition (of months and quarters those said last,
    for they are said when readings change). Besides each table ``t`` a query may name
    ``t_history``: all that had been said up to then (vintages, earlier editions). Values of the query's named
    parameters (``$area``) come as keywords.

    An answer is kept as long as its files are in force, under the very statements that make it, the predicates of the
    viewer's scope among them: who gets a kept answer would have been given the same rows. Raises RefusedError for what
    the viewer's audience may not read, UserError when nothing is published (yet), TypeError for parameters the query
    does not name.
    """
    query = question(name)
    if query.parameters != parameters.keys():
        raise TypeError(f"{name} wants {sorted(query.parameters)}, got {sorted(parameters)}")
    with _lease(published, with_restricted=viewer.audience is not Audience.GENERAL) as base:
        edition = _in_force(base, as_of)
        views = tuple(_view(base, table, viewer, edition) for table in sorted(query.tables))
        asked = (views, query.text, tuple((key, type(value), value) for key, value in sorted(parameters.items())))
        answer = base.answers.get(asked)
        if answer is None:
            answer = _ask(base, views, query.text, parameters)
            base.answers.put(asked, answer, _size(answer))
        return answer.copy(deep=False)  # what somebody writes into it stays with them (copy on write)


def _ask(base: _Base, views: tuple[str, ...], text: str, parameters: dict[str, Parameter]) -> pd.DataFrame:
    cursor = base.connection.cursor()
    try:
        for view in views:
            cursor.execute(view)
        answer: pd.DataFrame = cursor.execute(text, parameters).df()
        return answer
    finally:
        cursor.close()


def _size(answer: pd.DataFrame) -> int:
    """Bytes of an answer, of a long one by some of its rows: to weigh every text takes as long as to read them."""
    some = answer.iloc[:: max(1, len(answer) // _WEIGHED)]
    return int(some.memory_usage(index=False, deep=True).sum() * len(answer) / max(1, len(some)))


def edition_in_force(published: Path, as_of: datetime | None = None) -> Edition:
    """Return the edition that is shown at ``as_of`` (None: the newest). Raises UserError when there is none."""
    with _lease(published, with_restricted=False) as base:
        return _in_force(base, as_of)


def files_in_force(published: Path, viewer: Viewer) -> Hashable:
    """What tells the files a viewer is answered from apart from any before or after them. Raises as ``read`` does."""
    return published.resolve(), _current(published, viewer.audience is not Audience.GENERAL)[1]


def edition_of_day(published: Path, day: date) -> Edition:
    """Return the last edition of ``day``. Raises UserError when that day has none."""
    with _lease(published, with_restricted=False) as base:
        found = [edition for edition in base.editions if edition.day == day]
        if not found:
            raise SaidError(Said(f"{day.isoformat()} 没有发布过版次", "no edition was published for this day"))
        return found[-1]


def _in_force(base: _Base, as_of: datetime | None) -> Edition:
    if as_of is None:
        return base.editions[-1]
    if as_of.tzinfo is None:
        raise ValueError("as_of needs a time zone")
    before = [edition for edition in base.editions if edition.cutoff_at <= as_of]
    if not before:
        raise SaidError(Said(f"{as_of.date().isoformat()} 之前没有发布过版次", "nothing had been published by then"))
    return before[-1]


def _view(base: _Base, table: str, viewer: Viewer, edition: Edition) -> str:
    """SQL of the temporary view a query sees under the table's name: scope and vintage applied."""
    is_history = table.endswith(_HISTORY)
    stored = table.removesuffix(_HISTORY)
    parts = []
    for source, predicate in scope(viewer, stored, base.city, base.office_sees):
        if not tables()[stored].is_stored:
            derived = Sql(f"({_derived(stored, edition)})")
            parts.append(step("shown_rows", columns=Sql("*"), table=derived, scope=Sql(predicate), known=_ALL))
            continue
        here = base.columns.get((source, stored), ())
        if not here and base.form == schema.VERSION:
            raise SaidError(Said(f"已发布文件中没有表 {stored}，请重新发布", "the published file lacks this table"))
        instant = _instant(edition)
        kept = kept_from(viewer, stored, source, base.offices) if base.form >= _SAYS_WITHHELD else ""
        rows = name(source, stored)
        if kept:
            rows = Sql(f"({step('shown_kept', kept=Sql(kept), table=rows)})")
        shown = ", ".join(
            _column(column, instant, is_history, bool(kept)) if column in here else f"cast(null as {kind}) as {column}"
            for column, kind in schema.columns(stored).items()
        )
        if not here:
            parts.append(Sql(f"select {shown} where false"))
            continue
        known = _known(stored, source, edition, is_history)
        parts.append(step("shown_rows", columns=Sql(shown), table=rows, scope=Sql(predicate), known=known))
    return f"create temporary view {table} as " + " union all ".join(parts)


@lru_cache(maxsize=16)
def _derived(table: str, edition: Edition) -> Sql:
    """A table made of all areas' rows as they were known in the edition; the scope is applied to what comes out."""

    def known_rows(one: str) -> Sql:
        known = _known(one, Source.RESTRICTED, edition, is_history=False)
        rows = step("shown_rows", columns=Sql("t.*"), table=name(Source.RESTRICTED, one), scope=_ALL, known=known)
        return Sql(f"({rows})")

    return view(table, known_rows)


def _instant(edition: Edition) -> Sql:
    return Sql(f"timestamp '{edition.cutoff_at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'")


def _column(column: str, instant: Sql, is_history: bool, may_be_kept: bool) -> str:
    if may_be_kept and column in _FIGURES:
        return f"case when not t.is_kept then t.{column} end as {column}"
    if may_be_kept and column == "is_suppressed":
        return "t.is_suppressed or t.is_kept as is_suppressed"
    if is_history and column == "known_to":  # what was closed later was still open then
        return f"case when t.known_to <= {instant} then t.known_to end as known_to"
    return f"t.{column}"


def _known(table: str, source: Source, edition: Edition, is_history: bool) -> Sql:
    """Predicate over ``t``: what was known in that edition, or for a history, all that had been known up to it."""
    clock, instant = tables()[table].clock, _instant(edition)
    own, editions = f"t.edition_id = {literal(edition.edition_id)}", name(source, "edition")
    known = _ALL
    if clock is Clock.VINTAGE:
        until = "" if is_history else f" and (t.known_to is null or t.known_to > {instant})"
        known = Sql(f"t.known_from <= {instant}{until}")
    elif clock in (Clock.EDITION, Clock.STANDING) and is_history:
        known = step("shown_of_editions", edition=editions, instant=instant)
    elif clock is Clock.EDITION:
        known = Sql(own)
    elif clock is Clock.STANDING:
        standing = step("shown_standing", table=name(source, table), edition=editions, instant=instant)
        known = Sql(f"{own} or ({standing})")
    elif clock is Clock.RECEIVED:
        known = Sql(f"t.received_at <= {instant}")
    elif clock is Clock.DROP:
        known = step("shown_of_drops", drop_register=name(source, "drop_register"), instant=instant)
    return known


@contextmanager
def _lease(published: Path, *, with_restricted: bool) -> Iterator[_Base]:
    """Lend the base of the edition that is shown now; an older one is closed when its last reader has left.

    Closing a DuckDB connection closes its cursors, and an open file hides its replacement: hence the count.
    """
    with _door.lock:
        folder, state = _current(published, with_restricted)
        open_ones = _door.bases.setdefault((published.resolve(), with_restricted), {})
        base = open_ones.get(state)
        if base is None:
            base = open_ones[state] = _open(folder, with_restricted)
        if not _preparing.get():
            kept = {state[0], _pointer(published), _door.prepared}
            for other in [one for one in open_ones if one != state and (one[0] not in kept or one[0] == state[0])]:
                _retire(open_ones.pop(other))
        base.users += 1
    try:
        yield base
    finally:
        with _door.lock:
            base.users -= 1
            if base.is_retired and base.users == 0:
                base.connection.close()


def _retire(base: _Base) -> None:
    base.is_retired = True
    if base.users == 0:
        base.connection.close()


def close() -> None:
    """Let go of all published files of this process (tests on folders that are about to vanish)."""
    with _door.lock:
        for open_ones in _door.bases.values():
            for base in open_ones.values():
                base.connection.close()
        _door.bases.clear()
        _door.shown.clear()
        _door.prepared = ""


def pointed_at(published: Path) -> str:
    """Identity of the edition the pointer names. Raises UserError when nothing is published."""
    try:
        return _pointer(published)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SaidError(_NOTHING) from error


def show(published: Path, edition_id: str, instead_of: str = "") -> bool:
    """Keep all readers of this process on one edition, until another is shown or its files are gone.

    ``instead_of``: the edition they should be on so far; when they no longer are, nothing is changed, for they may have
    seen a newer one. Returns whether it is shown.
    """
    place = published.resolve()
    with _door.lock:
        is_as_thought = not instead_of or (_door.shown.get(place) == instead_of and not _is_late(place))
        if is_as_thought:
            _door.shown[place] = edition_id
            _door.behind.pop(place, None)
        else:
            _door.shown.pop(place, None)
        return is_as_thought


@contextmanager
def preparing(edition_id: str) -> Iterator[None]:
    """Read from this edition in the present thread, whichever is shown to others."""
    token = _preparing.set(edition_id)
    _door.prepared = edition_id
    try:
        yield
    finally:
        _preparing.reset(token)


def _pointer(published: Path) -> str:
    return (published / "current").read_text(encoding="utf-8").strip()


def _current(published: Path, with_restricted: bool) -> tuple[Path, tuple[object, ...]]:
    """Return the folder of the edition that is shown and the identity of its files, which changes when they do."""
    try:
        pointed = _pointer(published)
        wanted = _preparing.get() or _shown(published.resolve(), pointed)
        with suppress(FileNotFoundError):  # published and forgotten while the next was prepared
            return _identified(published, wanted, with_restricted)
        if not _preparing.get():  # who has seen the pointer's edition is not led back
            _door.shown.pop(published.resolve(), None)
        return _identified(published, pointed, with_restricted)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SaidError(_NOTHING) from error


def _shown(published: Path, pointed: str) -> str:
    """The edition readers are kept on; the pointer's when that has been another one for too long."""
    wanted = _door.shown.get(published, pointed)
    if wanted == pointed:
        _door.behind.pop(published, None)
        return pointed
    _door.behind.setdefault(published, time.monotonic())
    return pointed if _is_late(published) else wanted


def _is_late(published: Path) -> bool:
    return time.monotonic() - _door.behind.get(published, time.monotonic()) >= MOST_BEHIND


def _identified(published: Path, edition_id: str, with_restricted: bool) -> tuple[Path, tuple[object, ...]]:
    folder = published / edition_id
    stats = [(folder / f"{source}.duckdb").stat() for source in _sources(with_restricted)]
    return folder, (edition_id, *((stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_size) for stat in stats))


def _sources(with_restricted: bool) -> tuple[Source, ...]:
    return (Source.GENERAL, Source.RESTRICTED) if with_restricted else (Source.GENERAL,)


def _open(folder: Path, with_restricted: bool) -> _Base:
    """Attach an edition's files to a fresh in-memory DuckDB, then forbid it any other file and any further setting."""
    connection = duckdb.connect(":memory:", config=_CONFIG)
    try:
        for source in _sources(with_restricted):
            path = str(folder / f"{source}.duckdb").replace("'", "''")
            connection.execute(f"attach '{path}' as {source} (read_only)")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        described = connection.execute(
            "select database_name, table_name, column_name from duckdb_columns() where database_name in "
            "('general', 'restricted') order by database_name, table_name, column_index"
        ).fetchall()
        editions = connection.execute(
            "select day, number, cutoff_at from general.edition order by cutoff_at, number"
        ).fetchall()
        facts = dict(connection.execute("select key, value from general.manifest").fetchall())
    except duckdb.Error as error:
        connection.close()
        zh = f"已发布文件无法打开：{folder.name}：{error}"
        raise SaidError(Said(zh, f"the published files cannot be opened: {error}")) from error
    try:
        form = schema.check(facts.get("schema_version"), folder.name)
    except UserError:
        connection.close()
        raise
    if not editions or "city" not in facts:
        connection.close()
        raise SaidError(
            Said(f"已发布文件不完整：{folder.name} 没有版次或城市代码", "no edition or no city in the manifest")
        )
    columns: dict[tuple[str, str], tuple[str, ...]] = {}
    for database, table, column in described:
        columns[database, table] = (*columns.get((database, table), ()), column)
    known = tuple(Edition(day, number, cutoff_at.replace(tzinfo=UTC)) for day, number, cutoff_at in editions)
    sees = frozenset(facts["office_sees"].split(";")) if "office_sees" in facts else EVERYTHING
    offices = frozenset(facts.get("offices", "").split(","))
    return _Base(connection, columns, form, known, facts["city"], sees, offices)
