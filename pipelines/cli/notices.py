"""Commands about notices: route, preview, reminders, stored reasons, and the queue of mails."""

from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Annotated

import typer

from pipelines import notify as notices
from pipelines import run as runs
from pipelines.cli.terminal import console, now, place
from pipelines.core.domain import QUIET, TOTAL_INDUSTRY, Level, UserError
from pipelines.core.region.load import Region
from pipelines.core.region.rules import LEADS
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, has_ledger, open_ledger
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.notifications import queue
from pipelines.ledger.notifications.notice import Notice, NoticeState, Purpose
from pipelines.ledger.notifications.notification_state import NoticeWords, reasons, words_of
from pipelines.notifying import outbox
from pipelines.notifying import preview as previews
from pipelines.notifying.audience import Recipient, recipients, unrouted
from pipelines.notifying.notices import may_send
from pipelines.notifying.preview import NAMES, OF_THE_SYSTEM, Place
from pipelines.notifying.route import routes
from pipelines.operations.clock import refuse_clock_ahead
from pipelines.published.read import edition_in_force

_LEVELS = {"red": Level.RED, "orange": Level.ORANGE, "yellow": Level.YELLOW, "blue": Level.BLUE}
_LEVELS |= {"红": Level.RED, "橙": Level.ORANGE, "黄": Level.YELLOW, "蓝": Level.BLUE}
_LEVELS |= {str(level.value): level for level in Level}


def route(
    area: Annotated[str, typer.Option(help="地区代码或名称")],
    level: Annotated[str, typer.Option(help="红、橙、黄、蓝，或 1 至 4")],
    industry: Annotated[str, typer.Option(help="行业门类代码，默认全行业")] = "",
    kind: Annotated[str, typer.Option(help="rules.csv 中的 kind，如 spike、level、event")] = "spike",
) -> None:
    """这样的预警此刻会通知谁、怎么通知、为什么 (who would get what, and why)."""
    _, region = place()
    code = _area(region, area)
    if level.removesuffix("色") not in _LEVELS:
        raise UserError(f"没有“{level}”这一级；请写红、橙、黄、蓝或 1 至 4 (no such level)")
    if kind in LEADS:
        raise UserError(f"{kind} 类规则只产生分析员的线索，不发给任何人 (leads are told to nobody)")
    kinds = sorted(set(region.rules["kind"]) - set(LEADS))
    if kind not in kinds:
        raise UserError(f"没有“{kind}”这一类；可用的有：{'、'.join(kinds)} (no such kind)")
    known = {TOTAL_INDUSTRY, *region.sections.values()}
    if industry and industry not in known:
        raise UserError(f"没有“{industry}”这一行业门类 (no such industry)")
    found = routes(region, code, _LEVELS[level.removesuffix("色")], industry, kind, now())
    others = words_of(NoticeWords.NOT_IN_SCOPE)
    for one in found:
        when = f"，{one.when:%m-%d %H:%M}" if one.when else ""
        if one.why != others:
            typer.echo(f"{one.office}\t{one.title}\t{one.address}\t{one.how}{when}\t{one.why}")
    typer.echo(f"其余 {sum(one.why == others for one in found)} 个接收人\t不发\t{others}")
    names = region.places.set_index("code")["name"]
    if str(names[code]) in unrouted(region, region.local_day(now())):
        raise UserError(f"没有人会收到 {area} 的预警；请在 recipients.csv 补上经办岗位 (nobody would be told)")


def preview(
    purpose: Annotated[str, typer.Argument(help="、".join(f"{one}（{NAMES[one]}）" for one in Purpose))],
    office: Annotated[str, typer.Option(help="offices.csv 中的 office_id，默认全部单位")] = "",
    address: Annotated[str, typer.Option(help="只看这个地址的")] = "",
    html: Annotated[Path | None, typer.Option(help="把第一封的网页部分写入此文件")] = None,
) -> None:
    """看一封邮件此刻会是什么样，不发送、不记录；还没到时候的，看下一封 (a mail as it would be; nothing is stored)."""
    if purpose not in set(Purpose):
        raise UserError(f"没有“{purpose}”这种邮件；可用的有：{'、'.join(Purpose)} (no such mail)")
    settings, region = place()
    if not has_ledger(settings):
        raise UserError("还没有台账，没有邮件可看；请先运行 gangshao run (there is no ledger yet)")
    chosen, ledger, at = Purpose(purpose), open_ledger(settings), now()
    everybody = [] if chosen in OF_THE_SYSTEM else _readers(settings, region, office, address)
    seen, because = previews.preview(chosen, Place(ledger, region, settings, at, everybody))
    if chosen not in OF_THE_SYSTEM:
        _note_who_is_not_told(settings, ledger)
    if because and seen:
        typer.echo(f"没有其他要发的“{NAMES[chosen]}”(no others)：{because}", err=True)
    elif because:
        typer.echo(f"没有要发的“{NAMES[chosen]}”(nothing to show)：{because}")
    for one in seen:
        message = message_from_bytes(one.message, policy=policy.default)
        local = one.at.astimezone(region.time_zone)
        ahead = f"不早于：{local:%Y-%m-%d %H:%M}，以下按此刻的情况 (not before)\n" if one.at > at else ""
        typer.echo(f"收件人：{message['To']}\n主题：{message['Subject']}\n{ahead}\n{_part(message, 'plain')}")
    if html is not None and seen:
        _write_page(html, message_from_bytes(seen[0].message, policy=policy.default))
    if not seen:
        raise typer.Exit(QUIET)


def _readers(settings: Settings, region: Region, office: str, address: str) -> list[Recipient]:
    edition = edition_in_force(settings.published)
    found = [
        one
        for one in recipients(region, edition.day)
        if office in {"", one.office.office_id} and address in {"", one.address}
    ]
    if not found:
        asked = " ".join(one for one in (office, address) if one)
        raise UserError(f"{asked}：没有这样的接收人；请核对 offices.csv 和 recipients.csv (no such recipient)")
    return found


def _note_who_is_not_told(settings: Settings, ledger: Ledger) -> None:
    """Say beside the mail when it would go to nobody."""
    edition = edition_in_force(settings.published)
    if notices.is_replayed(ledger, edition):
        typer.echo(
            f"版次 {edition.edition_id} 是补跑的，按规定不发通知 (a replayed edition is told to nobody)", err=True
        )
    if settings.demonstration_mark.exists() and not may_send(settings):
        typer.echo("演示数据的邮件不会发出 (mails about demonstration data stay on this machine)", err=True)


def _write_page(path: Path, message: EmailMessage) -> None:
    page = _part(message, "html")
    if not page:
        raise UserError("这种邮件只有文字，没有网页部分 (this mail is text only)")
    path.write_text(page, encoding="utf-8")
    console.print(f"网页部分已写入 {path}")


def remind() -> None:
    """就现行版次通报之后发布的橙色、红色预警，催办没有签收和逾期的，发到期的定期邮件 (each goes once)."""
    settings, region = place()
    ledger = open_ledger(settings)
    with runs.locked(settings):
        refuse_clock_ahead(settings, region, ledger, now())  # else everybody would be reminded of what is not due
        console.print(notices.remind(settings, region, ledger, now()))


def stored_reasons(
    edition: Annotated[str, typer.Option(help="版次，默认现行版次")] = "",
    office: Annotated[str, typer.Option(help="只看一个单位")] = "",
) -> None:
    """每位接收人为什么收到或没收到每项预警 (why each recipient was or was not told of each warning)."""
    settings, _ = place()
    wanted = edition or edition_in_force(settings.published).edition_id
    rows = reasons(open_ledger(settings), wanted)
    rows = rows[rows["office_id"] == office] if office else rows
    if rows.empty:
        raise UserError(f"版次 {wanted} 没有记录 (no reasons are stored for this edition)")
    for row in rows.itertuples():
        typer.echo(f"{row.office_id}\t{row.address}\t{row.episode_id}\t{row.level}\t{words_of(row.reason, row.detail)}")


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return "" if body is None else str(body.get_content())


def _area(region: Region, written: str) -> str:
    code = region.area_of(written, region.local_day(now()))
    if code is None:
        raise UserError(f"没有名为“{written}”的地区；请写 places.csv 中的代码或名称 (no such area)")
    return code


STATES = {
    NoticeState.NOT_DUE: "不发",
    NoticeState.RETROSPECTIVE: "补跑不发",
    NoticeState.QUEUED: "等待",
    NoticeState.CLAIMED: "即将发送",
    NoticeState.HANDED_OVER: "正在发送",
    NoticeState.AMBIGUOUS: "结果不明",
    NoticeState.ACCEPTED: "已接收",
    NoticeState.BOUNCED: "被拒收",
}
desk = typer.Typer(no_args_is_help=True, help="发件箱 (the outbox)")


@desk.command(name="list")
def list_mails(
    state: Annotated[str, typer.Option(help="只列这一种状态，如 bounced、queued、ambiguous")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
) -> None:
    """列出通知：编号、状态、收件人、次数、服务器的答复，新的在前 (list mails, newest first)."""
    if state not in ("", *NoticeState):
        raise UserError(f"没有“{state}”这种状态；可用的有：{'、'.join(NoticeState)} (no such state)")
    settings, region = place()
    found = queue.newest_mails(open_ledger(settings), NoticeState(state) if state else None, limit)
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
    if one.state in {NoticeState.QUEUED, NoticeState.AMBIGUOUS} and waits:
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
    queue.resend_mail(open_ledger(settings), number, trail.this_process(), now())
    console.print(f"第 {number} 号已排入发件箱，下次发送时发出；现在就发：gangshao outbox send")
