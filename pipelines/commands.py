"""All commands of `gangshao`, of this file and of the desks."""

import logging
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from pipelines import (
    account_desk,
    audit_desk,
    backup_desk,
    drop_desk,
    edition_desk,
    notice_desk,
    outbox_desk,
    rule_desk,
    schedule_desk,
    serve_desk,
)
from pipelines import notify as notices
from pipelines import run as runs
from pipelines import settings as all_settings
from pipelines.audit_desk import entered
from pipelines.clock import refuse_clock_ahead
from pipelines.configuration import note_changes
from pipelines.demo import generate
from pipelines.doctor import examine, table_hashes
from pipelines.domain import QUIET, RETURNED, Edition, UserError
from pipelines.ingest.purge import purge as purged
from pipelines.ingest.report import IngestReport
from pipelines.ledger import Ledger, audit, open_ledger, publication
from pipelines.ledger.audit import Act
from pipelines.log import tell
from pipelines.region import Region
from pipelines.sender import check, template
from pipelines.settings import Settings
from pipelines.terminal import bar, console, now, place, to_day
from pipelines.tryout import (
    demonstration_links,
    mark_demonstration,
    newest_day,
    replay_demonstration,
    sign_in_link,
)
from pipelines.upkeep import comparison
from pipelines.upkeep.backup import holding_raw
from pipelines.warehouse import backtest as backtests
from pipelines.warehouse import kept_backtest, store
from pipelines.warehouse import trace as traces
from pipelines.warehouse.figure import find_figure

log = logging.getLogger(__name__)
ClockIsRight = Annotated[bool, typer.Option("--clock-is-right", help="本机时钟正确，例如长时间停机之后")]
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="岗哨 Gangshao")
drop_desk.add_to(app)
audit_desk.add_to(app)
account_desk.add_to(app)
backup_desk.add_to(app)
edition_desk.add_to(app)
rule_desk.add_to(app)
notice_desk.add_to(app)
outbox_desk.add_to(app)
schedule_desk.add_to(app)
serve_desk.add_to(app)


@app.command()
def demo(
    into: Annotated[Path, typer.Option(help="文件夹，按 <数据来源>/<收到日>/ 写入")],
    days: Annotated[int, typer.Option(min=1, max=5000)] = 900,
    scale: Annotated[float, typer.Option(min=0.001, max=10, help="1 相当于全市")] = 0.1,
    seed: int = 1,
    quiet: Annotated[bool, typer.Option("--quiet", help="不含任何事件")] = False,
    until: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="最后一个数据日，默认前天")] = "",
) -> None:
    """虚构一座城市的报送文件和已知真相 (write an invented city's files and its truth)."""
    settings, region = place()
    last = to_day(until) if until else region.local_day(now()) - timedelta(days=2)
    if into.resolve().is_relative_to(settings.data):
        mark_demonstration(settings)
    with bar() as progress:
        report = generate(region, into, days, scale, seed, quiet, last, progress=progress)
    console.print(f"已写入 {report.files:,} 个文件、{report.rows:,} 行 → {into}")


app.command()(check)
app.command()(template)


@app.command()
def ingest(
    backfill: Annotated[bool, typer.Option("--backfill", help="收到时间取自日期文件夹")] = False,
    is_right: ClockIsRight = False,
) -> None:
    """接收 inbox 中的文件 (take in what waits in the inbox)."""
    settings, region = place()
    ledger = open_ledger(settings)
    with runs.locked(settings), bar() as progress:
        refuse_clock_ahead(settings, region, ledger, now(), is_right=is_right)
        report = runs.take(settings, region, ledger, backfill, now(), progress)
        _enter(ledger, report)
    for sentence in report.sentences:
        console.print(sentence)
    if not report.did_something:
        raise typer.Exit(RETURNED if report.refused else QUIET)


@app.command()
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
        report = runs.take(settings, region, ledger, False, now(), progress)
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
    for sentence in comparison.differences(settings):
        console.print(sentence)
    wrong = [
        sentence
        for sentence in (comparison.lost_drops(settings), comparison.unnamed_contents(settings.raw))
        if sentence
    ]
    if wrong:
        raise UserError("已重建，但 (rebuilt, but) " + "；".join(wrong))
    publication.check(settings.published, ledger)


def _enter(ledger: Ledger, report: IngestReport) -> None:
    """An ingest in the audit trail and the log, unless it found nothing."""
    if report.files or report.resumed:
        counts: dict[str, int] = {
            "accepted": report.accepted, "held": report.held, "refused": report.refused,
            "duplicates": report.duplicates, "resumed": report.resumed,
        }  # fmt: skip
        tell(log, "files taken in", **counts)
        audit.write(ledger, Act.INGEST, audit.this_process(), "inbox", now(), details=counts)


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


@app.command()
def purge(is_right: ClockIsRight = False) -> None:
    """过了保存期的个人报送文件换成脱敏副本 (sealed files past their retention become masked twins)."""
    settings, region = place()
    ledger = open_ledger(settings)
    refuse_clock_ahead(settings, region, ledger, now(), is_right=is_right)
    with holding_raw(settings), runs.locked(settings), entered(ledger, Act.PURGE, "raw") as details:
        for done in purged(settings, region, now()):
            details[done.feed] = done.files
            console.print(f"{done.feed}：{done.files} 个文件已换成 {done.drops} 份脱敏副本")


@app.command()
def publish(
    is_anew: Annotated[bool, typer.Option("--anew", help="全部由仓库，不沿用已发布的文件")] = False,
) -> None:
    """重新发布仓库中最后一个版次 (publish the warehouse's last edition again)."""
    settings, region = place()
    ledger = open_ledger(settings)
    with runs.locked(settings), entered(ledger, Act.PUBLISH, "edition in force"):
        console.print(f"已发布 {runs.republish(settings, region, ledger, now(), is_anew=is_anew).edition_id}")


@app.command()
def notify() -> None:
    """就现行版次通知各单位；已通知的不再通知 (tell the offices; nobody is told twice)."""
    settings, region = place()
    with runs.locked(settings):
        console.print(notices.notify_current(settings, region, open_ledger(settings), now()))


@app.command()
def link(
    role: str,
    area: Annotated[list[str] | None, typer.Option(help="区县单位的地区代码或名称")] = None,
    name: str = "",
    hours: Annotated[int, typer.Option(min=1, max=12)] = 12,
) -> None:
    """生成查看演示数据的一次性链接，只在本机有效 (a single-use link to invented data, on this machine only)."""
    settings, region = place()
    chosen, codes = account_desk.role_and_areas(region, role, area or [])
    typer.echo(sign_in_link(settings, open_ledger(settings), chosen, codes, name, hours, now()))


@app.command()
def doctor(
    hashes: Annotated[bool, typer.Option("--hashes", help="列出仓库与发布文件各表的散列")] = False,
) -> None:
    """检查设置、文件夹、密钥、台账和发布文件 (check what the program needs)."""
    settings = all_settings.load()
    if hashes:
        for name, value in table_hashes(settings).items():
            typer.echo(f"{value}  {name}")
        return
    answers = examine(settings)
    for answer in answers:
        console.print(f"{'✓' if answer.is_well else '✗'} {answer.what}：{answer.sentence}")
    if not all(answer.is_well for answer in answers):
        raise typer.Exit(2)


@app.command()
def trace(
    indicator: str,
    period: Annotated[str, typer.Argument(help="2026-10、2026Q4 或 2026-10-12")],
    area: Annotated[str, typer.Option(help="地区代码或名称，默认全市")] = "",
    industry: Annotated[str, typer.Option(help="行业门类代码，默认全部")] = "",
    grain: Annotated[str, typer.Option(help="day、week、month、quarter")] = "",
    as_of: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="当日最后一个版次，默认现行版次")] = "",
    csv: Annotated[Path | None, typer.Option(help="把每一行写入此文件")] = None,
) -> None:
    """一个公布的数出自哪些文件的哪些行 (the drops, files and lines a published number came from)."""
    settings, region = place()
    with store.connect(settings, read_only=True) as warehouse:
        con, day = warehouse.connection, to_day(as_of) if as_of else None
        figure = find_figure(con, region, indicator, period, area=area, industry=industry, grain=grain, as_of=day)
        found = traces.trace(con, region, figure)
    for line in traces.told(found, region):
        typer.echo(line)
    if csv is not None:
        _write_csv(found.lines, csv)
        shown = {"indicator": indicator, "period": period, "area": area, "industry": industry, "rows": len(found.lines)}
        audit.write(open_ledger(settings), Act.EXPORT, audit.this_process(), "trace", now(), details=shown)
    if not found.agrees:
        raise typer.Exit(1)


@app.command()
def backtest(
    indicator: Annotated[str, typer.Option(help="指标的名称，如 benefit_claim")],
    first: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD")],
    last: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD")],
    truth: Annotated[Path | None, typer.Option(help="已知事件的标签（演示城市的 truth.csv）")] = None,
    method: Annotated[str, typer.Option(help="level_factor、seasonal；默认为地区配置所用的方法")] = "",
) -> None:
    """用各版次当时所知重做预测与判断，并按现在所知评分 (score past forecasts and judgements, on vintages only)."""
    settings, region = place()
    with runs.locked(settings), store.connect(settings, read_only=True) as warehouse, bar() as progress:
        found = backtests.backtest(
            warehouse.connection, region, indicator, to_day(first), to_day(last), truth, progress, method
        )
        worse = kept_backtest.worsened(settings.backtests, found)
        path = kept_backtest.keep(settings.backtests, found, now())
    for line in (*backtests.told(found), *worse):
        typer.echo(line)
    console.print(f"各层级的数值已存入 {path}")


@app.command("leading")
def leading_indicators(
    indicator: Annotated[str, typer.Option(help="要预测的指标，如 benefit_claim")],
    by: Annotated[str, typer.Option(help="先行指标，以逗号分隔，如 insured_leave,vacancy")],
    first: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD")],
    last: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD")],
    csv: Annotated[Path | None, typer.Option(help="把数值存入这个 CSV 文件")] = None,
) -> None:
    """检验其他指标能否使一个指标的预测更准 (do other indicators sharpen its forecasts? on vintages only)."""
    from pipelines.warehouse import leading  # noqa: PLC0415  # scikit-learn takes a second

    settings, region = place()
    with runs.locked(settings), store.connect(settings, read_only=True) as warehouse, bar() as progress:
        found = leading.compare(
            warehouse.connection, region, indicator, by.split(","), to_day(first), to_day(last), progress
        )
    for line in leading.told(found):
        typer.echo(line)
    if csv is not None:
        _write_csv(found.figures, csv)


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    try:
        frame.to_csv(path, index=False)
    except OSError as error:
        raise UserError(f"{path} 无法写入（{error.strerror}），请换一个位置 (cannot be written)") from error


@app.command()
def tryout(days: int = 900, scale: float = 0.1, replay: int = 35, seed: int = 1) -> None:
    """虚构一座城市，跑最近的日子，启动看板 (invent a city, run its last days, serve the dashboard)."""
    settings, region = place()
    ledger = open_ledger(settings)
    last = newest_day(region, now())
    with runs.locked(settings), bar() as progress:
        replay_demonstration(settings, region, ledger, last, days, scale, replay, seed, now(), progress)
    for title, address in demonstration_links(settings, region, ledger, now()):
        typer.echo(f"{title}\t{address}")
    serve_desk.serve_site(settings)
