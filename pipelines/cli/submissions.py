"""Commands about drops: list them, confirm, withdraw, read again after a contract or code list was mended."""

from typing import Annotated

import typer

from pipelines import run as runs
from pipelines.cli.audit import entered
from pipelines.cli.terminal import console, now, place, to_day
from pipelines.core.domain import UserError
from pipelines.ingest.acceptance import apply_decisions, list_decidable
from pipelines.ingest.ingest_report import why_returned
from pipelines.ingest.reprocess import ReprocessReport, ReprocessScope, replay, restate
from pipelines.ledger import open_ledger
from pipelines.ledger.audit_trail.trail import Act, this_process
from pipelines.ledger.uploads.upload import decide_submission, decided_submissions
from pipelines.warehouse import store

Feed = Annotated[str, typer.Option(help="数据来源，默认全部")]
Since = Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="期间不早于")]
Until = Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="期间不晚于")]
Reason = Annotated[str, typer.Option(prompt="理由", help="为什么这样决定，写入台账")]
_REASONS = {
    "arrived": "按时到达",
    "late": "迟到",
    "corrected": "更正",
    "supplemented": "补报",
    "withdrawn": "撤回",
    "confirmed": "暂存后确认",
    "reread": "重读",
    "reversed": "冲销",
    "recomputed": "重新计算",
}
_DECISIONS = {"confirm": "，已确认", "withdraw": "，已撤回"}
_STATES = {"accepted": "采用", "held": "暂存", "refused": "退回"}


def list_submissions(
    state: Annotated[str, typer.Option(help="accepted、held、refused 或 partly（部分退回），默认后三种")] = "",
    feed: Feed = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
) -> None:
    """列出报送批次：编号、文件、状态、行数、理由 (list drops with their state and reason)."""
    if state not in ("", "partly", *_STATES):
        raise UserError(f"没有“{state}”这种状态；可用的有：{'、'.join(_STATES)}、partly (no such state)")
    settings, _ = place()
    with store.connect(settings, read_only=True) as warehouse:
        rows = warehouse.connection.execute(
            "select drop_id, feed, file_name, status, rows_accepted, rows_quarantined, reason,"
            " (select string_agg(kind, ',' order by act_id) from drop_act where drop_act.drop_id = listed.drop_id)"
            " from drop_register as listed where ($feed = '' or feed = $feed) and case $state"
            " when '' then status <> 'accepted' or rows_quarantined > 0"
            " when 'partly' then status = 'accepted' and rows_quarantined > 0 else status = $state end"
            " order by received_at desc, file_name limit $limit",
            {"feed": feed, "state": state, "limit": limit},
        ).fetchall()
        reasons = why_returned(warehouse.connection, [row[0] for row in rows])
    for number, of, name, status, accepted, refused, reason, kinds in rows:
        decision = "".join(_DECISIONS[kind] for kind in (kinds or "").split(",") if kind)
        typer.echo(f"{number}  {_STATES[status]}{decision}  {of}/{name}  采用 {accepted} 行，退回 {refused} 行")
        for said in [reason] * bool(reason) + reasons.get(number, []):
            typer.echo(f"    {said}")
    console.print(f"共列出 {len(rows)} 个报送批次")


def revisions(
    edition: Annotated[str, typer.Option(help="版次编号，默认最后一个")] = "",
    indicator: Annotated[str, typer.Option(help="指标，默认全部")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
) -> None:
    """一个版次改动了哪些已公布的读数、改了多少、为什么 (which readings an edition moved, by how much, why)."""
    settings, region = place()
    names = dict(zip(region.places["code"], region.places["name"], strict=True))
    with store.connect(settings, read_only=True) as warehouse:
        rows = warehouse.connection.execute(
            "select indicator, area, industry, grain, period, value_before, value, reason, files"
            " from revision where edition_id = case when $edition = '' then (select max_by(edition_id, cutoff_at)"
            " from edition) else $edition end and ($indicator = '' or indicator = $indicator)"
            " order by abs(coalesce(value, 0) - coalesce(value_before, 0)) desc, indicator, area, industry, grain,"
            " period",
            {"edition": edition, "indicator": indicator},
        ).fetchall()
    for name, area, industry, grain, period, earlier, value, reason, files in rows[:limit]:
        said = "、".join(_REASONS[part] for part in reason.split(","))
        typer.echo(
            f"{name}  {names.get(area, area)}  {industry}  {grain} {period}"
            f"  {_figure(earlier)} → {_figure(value)}  {said}"
        )
        if files:
            typer.echo(f"    {files.replace(',', '  ')}")
    console.print(f"共 {len(rows)} 个读数有变化，列出变化最大的 {min(limit, len(rows))} 个")


def _figure(value: float | None) -> str:
    return "—" if value is None else f"{value:,.4g}" if value % 1 else f"{value:,.0f}"


def confirm(drop: str, reason: Reason) -> None:
    """确认一个暂存的文件：从现在起采用 (let a held file count from now on)."""
    _decide(drop, "confirm", reason)


def withdraw(drop: str, reason: Reason) -> None:
    """撤回一个文件：从现在起不再采用 (a file no longer counts from now on)."""
    _decide(drop, "withdraw", reason)


def _decide(drop: str, kind: str, reason: str) -> None:
    settings, _ = place()
    ledger = open_ledger(settings)
    with runs.locked(settings), store.connect(settings) as warehouse:
        chosen = list_decidable(warehouse, drop, kind, now())
        decide_submission(ledger, chosen.drop_id, kind, chosen.counts_from, this_process(), reason, now())
        apply_decisions(warehouse, decided_submissions(ledger))
    done = "已确认，下一版次起采用" if kind == "confirm" else "已撤回，下一版次起不再采用"
    console.print(f"{chosen.file_name} {done}")


def replay_refused(feed: Feed = "", since: Since = "", until: Until = "") -> None:
    """用现行约定和代码表重新检查退回的行，能通过的从现在起采用 (check refused rows again)."""
    settings, region = place()
    span = _span(feed, since, until)
    with runs.locked(settings), store.connect(settings) as warehouse:
        with entered(open_ledger(settings), Act.REPLAY, f"feed {feed or '*'}") as details:
            report = replay(settings, region, warehouse, span, now())
            details.update(_counts(report))
        _tell(report)


def restate_all(feed: str, since: Since = "", until: Until = "") -> None:
    """用现行约定重读一个数据来源的全部文件，变化从现在起计入 (read all drops of a feed again)."""
    settings, region = place()
    span = _span(feed, since, until)
    with runs.locked(settings), store.connect(settings) as warehouse:
        with entered(open_ledger(settings), Act.RESTATE, f"feed {feed}") as details:
            report = restate(settings, region, warehouse, span, now())
            details.update(_counts(report))
        _tell(report)


def _span(feed: str, since: str, until: str) -> ReprocessScope:
    return ReprocessScope(feed or None, to_day(since) if since else None, to_day(until) if until else None)


def _counts(report: ReprocessReport) -> dict[str, object]:
    return {"files": report.read, "changed": report.changed, "rows_accepted": report.closed_rows}


def _tell(report: ReprocessReport) -> None:
    for sentence in report.sentences:
        console.print(sentence)
    console.print(
        f"重读 {report.read} 个文件，{report.changed} 个有变化，新采用 {report.closed_rows} 行；计入下一版次。"
    )
