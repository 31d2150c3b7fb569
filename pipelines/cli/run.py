"""Commands of the day: ingest, run, publish, notify, purge."""

import logging
from datetime import time
from typing import Annotated

import typer

from pipelines import notify as notices
from pipelines import run as runs
from pipelines.cli.audit import entered
from pipelines.cli.terminal import bar, console, now, place, to_day
from pipelines.core.domain import QUIET, RETURNED, Edition, UserError
from pipelines.core.log import tell
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ingest.ingest_report import IngestReport
from pipelines.ingest.retention import purge as purged
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.audit_trail import publication, trail
from pipelines.ledger.audit_trail.trail import Act
from pipelines.operations import inventory
from pipelines.operations.backup import holding_raw
from pipelines.operations.clock import refuse_clock_ahead
from pipelines.operations.configuration import note_changes

log = logging.getLogger(__name__)
ClockIsRight = Annotated[bool, typer.Option("--clock-is-right", help="本机时钟正确，例如长时间停机之后")]


def ingest(
    backfill: Annotated[bool, typer.Option("--backfill", help="收到时间取自日期文件夹")] = False,
    is_right: ClockIsRight = False,
) -> None:
    """接收 inbox 中的文件 (take in what waits in the inbox)."""
    settings, region = place()
    ledger = open_ledger(settings)
    with runs.locked(settings), bar() as progress:
        refuse_clock_ahead(settings, region, ledger, now(), is_right=is_right)
        report = runs.ingest_all(settings, region, ledger, backfill, now(), progress)
        _enter(ledger, report)
    for sentence in report.sentences:
        console.print(sentence)
    if not report.did_something:
        raise typer.Exit(RETURNED if report.refused else QUIET)


def run(
    day: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="版次的日子，默认今天")] = "",
    cutoff: Annotated[str, typer.Option(metavar="HH:MM|now", help="另一个截止时间：再出一个版次")] = "",
    first: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD")] = "",
    last: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD")] = "",
    rebuild: Annotated[bool, typer.Option("--rebuild", help="由原始文件重建")] = False,
    is_right: ClockIsRight = False,
) -> None:
    """一次完整的运行：接收、计算、预警、发布、通知 (ingest, compute, judge, publish, notify)."""
    settings, region = place()
    if bool(first) != bool(last) or (first and (day or cutoff)) or (rebuild and (first or day or cutoff)):
        raise UserError(
            "--from 与 --to 须一起使用，且不能与 --day、--cutoff 或 --rebuild 同用 (options do not go together)"
        )
    ledger = open_ledger(settings)
    with runs.locked(settings), bar() as progress:
        note_changes(settings, region, ledger, now())
        if rebuild:
            with entered(ledger, Act.REBUILD, "warehouse"):
                edition = runs.rebuild(settings, region, ledger, now(), progress)
            _compare_rebuilt(settings, ledger)
            console.print(f"已重建，现行版次 {edition.edition_id}")
            return
        refuse_clock_ahead(settings, region, ledger, now(), is_right=is_right)
        report = runs.ingest_all(settings, region, ledger, False, now(), progress)
        _enter(ledger, report)
        for sentence in report.sentences:
            console.print(sentence)
        runs.catch_up(settings, ledger, bool(first), now())
        if first:
            wanted = runs.first_editions(region, ledger, to_day(first), to_day(last))
            edition = runs.editions(settings, region, ledger, wanted, now(), is_replay=True, progress=progress)
            notices.remember_retrospective(settings, region, ledger, wanted, now())
        else:
            wanted = [_wanted(region, ledger, day, cutoff)]
            edition = runs.editions(settings, region, ledger, wanted, now(), is_replay=False, progress=progress)
            console.print(notices.notify(settings, region, ledger, edition, now()))
    console.print(f"现行版次 {edition.edition_id}")


def _compare_rebuilt(settings: Settings, ledger: Ledger) -> None:
    """Say what differs from the published tables. Raises UserError when files or lines of the list are lacking."""
    for sentence in inventory.differences(settings):
        console.print(sentence)
    wrong = [
        sentence for sentence in (inventory.lost_drops(settings), inventory.unnamed_contents(settings.raw)) if sentence
    ]
    if wrong:
        raise UserError("已重建，但 (rebuilt, but) " + "；".join(wrong))
    publication.check_publication(settings.published, ledger)


def _enter(ledger: Ledger, report: IngestReport) -> None:
    """An ingest in the audit trail and the log, unless it found nothing."""
    if report.files or report.resumed:
        counts: dict[str, int] = {
            "accepted": report.accepted,
            "held": report.held,
            "refused": report.refused,
            "duplicates": report.duplicates,
            "resumed": report.resumed,
        }
        tell(log, "files taken in", **counts)
        trail.write_entry(ledger, Act.INGEST, trail.this_process(), "inbox", now(), details=counts)


def _wanted(region: Region, ledger: Ledger, day: str, cutoff: str) -> Edition:
    chosen = to_day(day) if day else region.local_day(now())
    if not cutoff:
        return runs.first_edition(region, ledger, chosen)
    if cutoff == "now":
        at = now()
    else:
        try:
            at = region.instant(chosen, time.fromisoformat(cutoff))
        except ValueError as error:
            raise UserError(f"截止时间“{cutoff}”写法有误，请写成 14:30 或 now (write HH:MM or now)") from error
    return runs.further_edition(ledger, chosen, at)


def purge(is_right: ClockIsRight = False) -> None:
    """过了保存期的个人报送文件换成脱敏副本 (sealed files past their retention become masked twins)."""
    settings, region = place()
    ledger = open_ledger(settings)
    refuse_clock_ahead(settings, region, ledger, now(), is_right=is_right)
    with holding_raw(settings), runs.locked(settings), entered(ledger, Act.PURGE, "raw") as details:
        for done in purged(settings, region, now()):
            details[done.feed] = done.files
            console.print(f"{done.feed}：{done.files} 个文件已换成 {done.drops} 份脱敏副本")


def publish(is_anew: Annotated[bool, typer.Option("--anew", help="全部由仓库，不沿用已发布的文件")] = False) -> None:
    """重新发布仓库中最后一个版次 (publish the warehouse's last edition again)."""
    settings, region = place()
    ledger = open_ledger(settings)
    with runs.locked(settings), entered(ledger, Act.PUBLISH, "edition in force"):
        console.print(f"已发布 {runs.republish(settings, region, ledger, now(), is_anew=is_anew).edition_id}")


def notify() -> None:
    """就现行版次通知各单位；已通知的不再通知 (tell the offices; nobody is told twice)."""
    settings, region = place()
    with runs.locked(settings):
        console.print(notices.notify_current(settings, region, open_ledger(settings), now()))
