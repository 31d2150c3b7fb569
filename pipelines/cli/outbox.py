"""Commands about mails: list them with their state and the server's answer, send what is due, send one again."""

from datetime import datetime
from typing import Annotated

import typer

from pipelines.cli.terminal import console, now, place
from pipelines.core.domain import QUIET, UserError
from pipelines.core.region.load import Region
from pipelines.ledger import open_ledger
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.notifications import queue
from pipelines.ledger.notifications.notice import Notice, State
from pipelines.notifying import outbox

STATES = {
    State.NOT_DUE: "不发",
    State.RETROSPECTIVE: "补跑不发",
    State.QUEUED: "等待",
    State.CLAIMED: "即将发送",
    State.HANDED_OVER: "正在发送",
    State.AMBIGUOUS: "结果不明",
    State.ACCEPTED: "已接收",
    State.BOUNCED: "被拒收",
}

desk = typer.Typer(no_args_is_help=True, help="发件箱 (the outbox)")


@desk.command(name="list")
def list_mails(
    state: Annotated[str, typer.Option(help="只列这一种状态，如 bounced、queued、ambiguous")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
) -> None:
    """列出通知：编号、状态、收件人、次数、服务器的答复，新的在前 (list mails, newest first)."""
    if state not in ("", *State):
        raise UserError(f"没有“{state}”这种状态；可用的有：{'、'.join(State)} (no such state)")
    settings, region = place()
    found = queue.newest(open_ledger(settings), State(state) if state else None, limit)
    for one in found:
        for line in _lines(one, region):
            typer.echo(line)
    console.print(f"列出 {len(found)} 条")


def _lines(one: Notice, region: Region) -> list[str]:
    doubt = "，可能重复" if one.is_ambiguous else ""
    head = (one.notice_id, f"{STATES[one.state]}{doubt}", one.edition_id, one.purpose, one.office_id, one.address)
    lines = ["  ".join(map(str, (*head, one.reason, f"试过 {one.attempts} 次")))]
    if one.smtp_reply:
        lines.append(f"    答复：{one.smtp_reply}")
    waits = [at for at in (one.not_before, one.next_attempt_at) if at is not None]
    if one.state in {State.QUEUED, State.AMBIGUOUS} and waits:
        lines.append(f"    不早于 {_local(max(waits), region)}")
    return lines


def _local(at: datetime, region: Region) -> str:
    return f"{at.astimezone(region.time_zone):%Y-%m-%d %H:%M}"


@desk.command()
def send() -> None:
    """发送到了时候的邮件；上次未发出的也再试 (send what is due, and try again what was put off)."""
    settings, _ = place()
    report = outbox.send(open_ledger(settings), settings, now())
    problem = f"；{report.problem}" if report.problem else ""
    console.print(
        f"已发 {report.sent}，被拒收 {report.failed}，待发 {report.waiting}，结果不明重发 {report.ambiguous}{problem}"
    )
    if report.problem:
        raise typer.Exit(QUIET)


@desk.command()
def resend(number: Annotated[int, typer.Argument(help="通知的编号，由 gangshao outbox list 列出")]) -> None:
    """只重发这一封：被拒收的，或还在等待的 (send this one mail again, and no other)."""
    settings, _ = place()
    queue.resend(open_ledger(settings), number, trail.this_process(), now())
    console.print(f"第 {number} 号已排入发件箱，下次发送时发出；现在就发：gangshao outbox send")
