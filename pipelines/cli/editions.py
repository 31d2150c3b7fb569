"""Commands about editions: take back one that a wrong clock or a mistake made."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from pipelines import run as runs
from pipelines.cli.audit import entered
from pipelines.cli.terminal import bar, console, now, place
from pipelines.core.domain import Edition, UserError
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ingest.raw_store import newest_arrival
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger import editions as recorded
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, Result
from pipelines.ledger.notifications.notice import Notice
from pipelines.publishing.edition import put_back

_NAMED = 20  # recipients named on the terminal

desk = typer.Typer(no_args_is_help=True, help="版次 (editions)")


@desk.callback()
def about() -> None:
    """版次 (editions)."""


@desk.command()
def withdraw(
    edition_id: Annotated[str, typer.Argument(metavar="EDITION", help="最新的一个版次，如 2026-11-23.1")],
    reason: Annotated[str, typer.Option(help="为什么收回")] = "",
) -> None:
    """收回最新的版次：前一个版次重新生效，仓库重建 (take back the newest edition; the one before is in force again)."""
    settings, region = place()
    if not reason.strip():
        raise UserError("请用 --reason 写明为什么收回 (say why)")
    ledger = open_ledger(settings)
    with runs.locked(settings), bar() as progress:
        edition, before = _newest(ledger, edition_id)
        target = f"edition {edition_id}"
        trail.write_entry(ledger, Act.WITHDRAW, trail.this_process(), target, now(), result=Result.BEGUN)
        # In this order a kill leaves the edition recorded, and this command can be given again, or it is forgotten and
        # a rebuild is due: without the warehouse no run records it anew, and nothing is published from its files.
        runs.remove_warehouse(settings)
        put_back(settings.published, edition_id, [one.edition.edition_id for one in recorded.recorded_editions(ledger)])
        sent = recorded.withdraw_edition(ledger, edition, before, reason.strip(), now())
        if before is None:
            runs.refill(settings, region, ledger)
        else:
            with entered(ledger, Act.REBUILD, "warehouse"):
                runs.rebuild(settings, region, ledger, now(), progress)
    console.print(f"已收回版次 {edition_id}，现行版次 {before.edition_id if before else '没有'}")
    _say_what_was_told(sent)
    _say_what_came_later(settings, region, now())


def _newest(ledger: Ledger, edition_id: str) -> tuple[Edition, Edition | None]:
    """The edition of this name, and the one before it. Raises UserError when it is not the newest one."""
    known = [one.edition for one in recorded.recorded_editions(ledger)]
    if edition_id not in {one.edition_id for one in known}:
        raise UserError(
            f"台账中没有版次 {edition_id}；如果收回时中断了，请运行 gangshao run --rebuild"
            " (no such edition is recorded)"
        )
    if known[-1].edition_id != edition_id:
        raise UserError(f"只能收回最新的版次 {known[-1].edition_id} (only the newest edition can be taken back)")
    return known[-1], known[-2] if len(known) > 1 else None


def _say_what_was_told(sent: Sequence[Notice]) -> None:
    if not sent:
        console.print("这个版次没有发出过邮件；等待中的已取消")
        return
    addresses = sorted({one.address for one in sent})
    more = f" 等 {len(addresses)} 个地址" if len(addresses) > _NAMED else ""
    console.print(
        f"这个版次的邮件已发出或正在发出 {len(sent)} 封，收不回来，请告知：{'、'.join(addresses[:_NAMED])}{more}；"
        "其中的预警按已通知计，不重复通知；等待中的已取消 (tell these people)"
    )


def _say_what_came_later(settings: Settings, region: Region, at: datetime) -> None:
    arrival = newest_arrival(settings.raw)
    if arrival is not None and (came := arrival.replace(tzinfo=UTC)) > at:
        console.print(
            f"有文件登记的收到时间在此刻之后（最晚 {came.astimezone(region.time_zone):%Y-%m-%d %H:%M}），"
            "到那时才计入；请报送单位改版本号再报一次 (files received by the wrong clock count from then on)"
        )
