"""One run: ingest, then for each edition transform, forecast, judge; then publish once, record, notify."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from time import perf_counter

import duckdb
from filelock import FileLock, Timeout

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.catalogue.tables import tables
from pipelines.core.domain import BusyError, Edition, Grain, UserError
from pipelines.core.log import tell
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.core.sql import Sql, literal, step
from pipelines.ingest import inbox
from pipelines.ingest.acceptance import apply_decisions, record_upload_results
from pipelines.ingest.ingest_report import IngestReport
from pipelines.judging.judge import Judge
from pipelines.ledger import Ledger
from pipelines.ledger import editions as recorded
from pipelines.ledger.audit_trail import anchor, publication
from pipelines.ledger.uploads.upload import decided_submissions
from pipelines.publishing.edition import current_edition, publish
from pipelines.warehouse import store
from pipelines.warehouse.breakdown import follow_breakdowns, follow_lists
from pipelines.warehouse.expected_submissions import roster
from pipelines.warehouse.forecast import Forecaster
from pipelines.warehouse.forecast_quality import watch
from pipelines.warehouse.model_state import MemoryFolder
from pipelines.warehouse.nowcast import nowcast
from pipelines.warehouse.revision import revise
from pipelines.warehouse.scd2 import scd2
from pipelines.warehouse.transform import Transform, truncated

log = logging.getLogger(__name__)
ROSTER_DAYS = 70  # how far back the published roster follows changes
AHEAD_DAYS = 400  # slots of the roster are made this far beyond the last edition: periods not over yet
Progress = Callable[[str, int, int], None]


def silent(_what: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


@dataclass
class Work:
    """The open warehouse with the stages that remember something between editions."""

    con: duckdb.DuckDBPyConnection
    region: Region
    transform: Transform
    forecaster: Forecaster
    judge: Judge


# Seconds that a run waits for the lock: a backup holds it while it copies ledger and edition.
PATIENCE = 10


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """Hold the warehouse for this process. Raises BusyError when another run holds it, UserError when a file fails."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        with FileLock(settings.run_lock, timeout=PATIENCE):
            yield
    except Timeout as error:
        raise BusyError("另一个任务正在运行，请等它结束后再试 (another run is at work)") from error
    except OSError as error:
        raise UserError(
            f"{error.filename or settings.data} 无法读写（{error.strerror}），请检查权限和磁盘空间"
            " (cannot read or write)"
        ) from error
    except duckdb.Error as error:
        if not store.is_unwritable(error):
            raise
        raise UserError(
            f"数据文件夹 {settings.data} 无法写入，可能磁盘已满；请腾出空间后重新运行，已完成的部分不受影响"
            " (the disk is full or cannot be written; make room and run again, nothing is lost)"
        ) from error


def ingest_all(
    settings: Settings, region: Region, ledger: Ledger, backfill: bool, now: datetime, progress: Progress = silent
) -> IngestReport:
    """Take in what waits in the inbox and what people decided; says what it met, file by file where it is wrong."""

    def received(_what: str, done: int, total: int) -> None:
        progress("接收", done, total)

    with store.connect(settings) as warehouse:
        report = inbox.ingest_inbox(settings, region, warehouse, backfill=backfill, now=now, progress=received)
        apply_decisions(warehouse, decided_submissions(ledger))
        record_upload_results(warehouse, ledger, now)
        return report


def start(con: duckdb.DuckDBPyConnection, settings: Settings, region: Region, last_day: date) -> Work:
    """Prepare the stages on an open warehouse, for editions up to ``last_day``."""
    first = con.execute("select min(period) from drop_register where status = 'accepted'").fetchall()[0][0]
    if first is None:
        raise UserError("还没有收到任何可用的数据，请先把文件放入 inbox 并运行 gangshao ingest (no data yet)")
    con.register("places", region.places.assign(sort=range(len(region.places))))
    con.execute("delete from place")
    con.execute(
        "insert into place by name "
        "select code, name, short_name, level, parent, county_view, residents, sort from places"
    )
    con.execute("delete from industry")
    con.register("industries", region.industries)
    con.execute("insert into industry by name select code, name, level, parent from industries")
    slots = roster(region, first.replace(day=1) - timedelta(days=31), last_day + timedelta(days=AHEAD_DAYS))
    transform = Transform(con, region, slots)
    last = con.execute("select max(cutoff_at) from edition").fetchall()[0][0]
    transform.restore(last)
    forecaster = Forecaster(con, region, MemoryFolder(settings.model_state))
    return Work(con, region, transform, forecaster, Judge(con, region, forecaster.again))


def compute(work: Work, edition: Edition) -> None:
    """All of one edition in one transaction: either it is in the warehouse afterwards, or nothing of it is."""
    cutoff_at, began = edition.cutoff_at.replace(tzinfo=None), perf_counter()
    work.con.execute("begin")
    try:
        change = work.transform.run(cutoff_at)
        revise(work.con, work.region, edition, change)
        nowcast(work.con, work.region, edition)
        _follow_roster(work, edition.day, cutoff_at)
        _follow_employers(work, cutoff_at)
        _follow_townships(work, cutoff_at)
        for table in ("listed_employer", "filed_report", "announced_event"):
            work.con.execute(step(f"{table}_fresh"))
            scd2(work.con, tables()[table], f"{table}_fresh", cutoff_at)
        until = {"until": edition.day - timedelta(days=1), "city": work.region.city}
        work.con.execute(step("employer_kind_fresh"), until)
        scd2(work.con, tables()["employer_kind"], "employer_kind_fresh", cutoff_at)
        follow_breakdowns(work.con, work.region, work.transform.since, cutoff_at)
        follow_lists(work.con, work.transform.since, cutoff_at)
        judged = list(catalogue())
        score = work.forecaster.run(edition, change, judged)
        watch(work.con, work.region, edition, work.forecaster, judged)
        work.judge.run(edition, change, score)
        work.con.execute(
            "insert into edition values (?, ?, ?, ?)", [edition.edition_id, edition.day, edition.number, cutoff_at]
        )
        work.con.execute("commit")
    except BaseException:
        work.con.execute("rollback")
        raise
    tell(log, "edition computed", edition=edition.edition_id, seconds=round(perf_counter() - began, 2))


def _follow_roster(work: Work, day: date, cutoff_at: datetime) -> None:
    window = {"since": day - timedelta(days=ROSTER_DAYS), "until": day}
    work.con.execute(step("roster_fresh"), {"cutoff_at": cutoff_at, **window})
    scd2(work.con, tables()["roster"], "roster_fresh", cutoff_at)


def _follow_employers(work: Work, cutoff_at: datetime) -> None:
    since = work.transform.since.get("insured_headcount")
    if since is None:
        return
    work.con.execute(step("employer_fresh"), {"since": since})
    scd2(work.con, tables()["employer"], "employer_fresh", cutoff_at)


def _follow_townships(work: Work, cutoff_at: datetime) -> None:
    since = work.transform.since.get("monitored_village")
    if not work.con.execute("select 1 from township_labour limit 1").fetchall():
        since = date(1900, 1, 1)  # a warehouse of before there was the table
    if since is None:
        return
    since = work.region.week_start(since)
    work.con.execute(step("township_labour_fresh", week=truncated(Grain.WEEK, work.region)), {"since": since})
    within = Sql(f"known.period >= {literal(since)}")
    scd2(work.con, tables()["township_labour"], "township_labour_fresh", cutoff_at, within)


def first_editions(region: Region, ledger: Ledger, first: date, last: date) -> list[Edition]:
    """The first edition of every run day of the region between two days, both included."""
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return [first_edition(region, ledger, day) for day in days if region.is_run_day(day)]


def first_edition(region: Region, ledger: Ledger, day: date) -> Edition:
    """The edition of a day with the region's cut-off."""
    return Edition(day, recorded.first_number(ledger, day), region.cutoff_at(day))


def editions(
    settings: Settings,
    region: Region,
    ledger: Ledger,
    wanted: Sequence[Edition],
    now: datetime,
    *,
    is_replay: bool,
    progress: Progress = silent,
) -> Edition:
    """Compute the wanted editions that are not there yet, record all, publish the last; returns the last edition.

    After a crash the same call goes on where the last one stopped. Raises UserError when the warehouse lacks editions
    that the ledger remembers (then a rebuild is due), or a day lies before the data or before the last edition.
    """
    with store.connect(settings) as warehouse:
        con = warehouse.connection
        apply_decisions(warehouse, decided_submissions(ledger))
        known = {row[0] for row in con.execute("select edition_id from edition").fetchall()}
        forgotten = [
            item.edition for item in recorded.recorded_editions(ledger) if item.edition.edition_id not in known
        ]
        if set(forgotten) - set(wanted):
            raise UserError("数据仓库缺少已记录的版次，请先运行 gangshao run --rebuild (the warehouse must be rebuilt)")
        todo = [edition for edition in wanted if edition.edition_id not in known]
        _refuse_impossible(con, todo, now)
        if todo:
            work = start(con, settings, region, todo[-1].day)
            for done, edition in enumerate(todo):
                progress(f"版次 {edition.edition_id}", done, len(todo))
                compute(work, edition)
            work.forecaster.keep()
            progress("版次", len(todo), len(todo))
        for edition in wanted:  # before publishing: what readers have seen, a rebuild must know
            recorded.record_edition(ledger, edition, is_replay, now)
        last = _last_edition(con)
        if current_edition(settings.published) != last.edition_id:
            progress("发布", 0, 1)
            _publish(con, settings, region, ledger, last, now)
            progress("发布", 1, 1)
    return last


def catch_up(settings: Settings, ledger: Ledger, is_replay: bool, now: datetime) -> None:
    """Record editions that a run left in the warehouse when it was killed: else a rebuild would lack them.

    Their numbers, too, are given: a further edition of the day, with another cut-off, gets the next one.
    """
    with store.connect(settings) as warehouse:
        for edition in _editions(warehouse.connection):
            recorded.record_edition(ledger, edition, is_replay, now)


def rebuild(settings: Settings, region: Region, ledger: Ledger, now: datetime, progress: Progress = silent) -> Edition:
    """Build the warehouse anew from raw and repeat the ledger's editions with their stored cut-offs; tell nobody."""
    remembered = recorded.recorded_editions(ledger)
    if not remembered:
        raise UserError("台账中没有版次记录，无需重建 (the ledger remembers no edition)")
    remove_warehouse(settings)
    refill(settings, region, ledger)
    return editions(
        settings, region, ledger, [item.edition for item in remembered], now, is_replay=True, progress=progress
    )


def remove_warehouse(settings: Settings) -> None:
    """Remove the warehouse and what the forecaster remembers: all of it can be built anew."""
    settings.warehouse.with_name(f"{settings.warehouse.name}.wal").unlink(missing_ok=True)  # of a run that was killed
    settings.warehouse.unlink(missing_ok=True)
    MemoryFolder(settings.model_state).forget()


def refill(settings: Settings, region: Region, ledger: Ledger) -> None:
    """Put all that was received and decided into an empty warehouse, without any edition."""
    with store.connect(settings) as warehouse:
        inbox.rebuild(settings, region, warehouse)
        apply_decisions(warehouse, decided_submissions(ledger))


def _publish(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    region: Region,
    ledger: Ledger,
    edition: Edition,
    now: datetime,
    *,
    is_anew: bool = False,
) -> None:
    """Publish an edition; the files before, of which the past is copied, must be what was published."""

    def enter(sha256: Mapping[str, str]) -> Mapping[str, object]:
        publication.enter_publication(ledger, edition.edition_id, sha256, anchor.next_number(settings), now)
        return anchor.write_anchor(settings, ledger, edition.edition_id, now)

    if not is_anew and current_edition(settings.published) is not None:
        publication.check_publication(settings.published, ledger)
    publish(con, settings.published, region, edition, manifest(settings), enter, is_anew=is_anew)
    tell(log, "edition published", edition=edition.edition_id)


def republish(settings: Settings, region: Region, ledger: Ledger, now: datetime, *, is_anew: bool = False) -> Edition:
    """Publish the warehouse's last edition again, ``is_anew`` without what was published before.

    Raises UserError when it has none.
    """
    with store.connect(settings) as warehouse:
        con = warehouse.connection
        if not con.execute("select count(*) from edition").fetchall()[0][0]:
            raise UserError("仓库中还没有版次，请先运行 gangshao run (the warehouse has no edition)")
        last = _last_edition(con)
        _publish(con, settings, region, ledger, last, now, is_anew=is_anew)
    return last


def further_edition(ledger: Ledger, day: date, cutoff_at: datetime) -> Edition:
    """A numbered edition of a day with a cut-off of its own; the one that has this cut-off if there is."""
    for item in recorded.recorded_editions(ledger):
        if item.edition.day == day and item.edition.cutoff_at == cutoff_at:
            return item.edition
    return Edition(day, recorded.next_number(ledger, day), cutoff_at)


def _refuse_impossible(con: duckdb.DuckDBPyConnection, todo: Sequence[Edition], now: datetime) -> None:
    if not todo:
        return
    if todo[-1].cutoff_at > now:
        raise UserError(
            f"版次 {todo[-1].edition_id} 的截止时间还没有到；到时再运行，或用 --cutoff now"
            " (the cut-off has not come yet)"
        )
    first = todo[0]
    cutoff_at = first.cutoff_at.replace(tzinfo=None)
    received = con.execute("select min(received_at) from drop_register where status = 'accepted'").fetchall()[0][0]
    if received is None or received > cutoff_at:
        day = "" if received is None else f"，最早的数据收于 {received:%Y-%m-%d}"
        raise UserError(f"{first.day} 之前没有收到任何数据{day} (no data had been received by that day)")
    last = con.execute("select max(cutoff_at) from edition").fetchall()[0][0]
    if last is not None and last >= cutoff_at:
        raise UserError(
            f"已有截止到 {last:%Y-%m-%d %H:%M}（UTC）的版次，不能再补做更早的 {first.edition_id}"
            " (editions go forward only)"
        )


def _editions(con: duckdb.DuckDBPyConnection) -> list[Edition]:
    """The warehouse's editions in the order in which what they say became known."""
    rows = con.execute("select day, number, cutoff_at from edition order by cutoff_at, number").fetchall()
    return [Edition(day, number, cutoff_at.replace(tzinfo=UTC)) for day, number, cutoff_at in rows]


def _last_edition(con: duckdb.DuckDBPyConnection) -> Edition:
    return _editions(con)[-1]


def manifest(settings: Settings) -> dict[str, str]:
    """What the published files say about this data folder."""
    return {"is_demonstration": "true" if settings.demonstration_mark.exists() else "false"}
