"""Commands about who is told: the route of a warning, a mail before it is sent, reminders, stored reasons."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Annotated

import typer

from pipelines import notify as notices
from pipelines import run as runs
from pipelines.alerts import periodic
from pipelines.alerts.audience import Recipient, recipients, unrouted
from pipelines.alerts.letter import Letter
from pipelines.alerts.notices import Occasion, occasion, plans_of, write_at_once, write_digest
from pipelines.alerts.plan import IS_DUE
from pipelines.alerts.route import routes
from pipelines.domain import TOTAL_INDUSTRY, Level, UserError
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.warning_notice import Why, reasons, words
from pipelines.publish.read import edition_in_force
from pipelines.region import Region
from pipelines.terminal import console, now, place

_LEVELS = {"red": Level.RED, "orange": Level.ORANGE, "yellow": Level.YELLOW, "blue": Level.BLUE}
_LEVELS |= {"红": Level.RED, "橙": Level.ORANGE, "黄": Level.YELLOW, "蓝": Level.BLUE}
_LEVELS |= {str(level.value): level for level in Level}


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(route)
    app.command()(preview)
    app.command()(remind)
    app.command(name="reasons")(stored_reasons)


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
    kinds = sorted(set(region.rules["kind"]))
    if kind not in kinds:
        raise UserError(f"没有“{kind}”这一类；可用的有：{'、'.join(kinds)} (no such kind)")
    known = {TOTAL_INDUSTRY, *region.sections.values()}
    if industry and industry not in known:
        raise UserError(f"没有“{industry}”这一行业门类 (no such industry)")
    found = routes(region, code, _LEVELS[level.removesuffix("色")], industry, kind, now())
    others = words(Why.NOT_IN_SCOPE)
    for one in found:
        when = f"，{one.when:%m-%d %H:%M}" if one.when else ""
        if one.why != others:
            typer.echo(f"{one.office}\t{one.title}\t{one.address}\t{one.how}{when}\t{one.why}")
    typer.echo(f"其余 {sum(one.why == others for one in found)} 个接收人\t不发\t{others}")
    names = region.places.set_index("code")["name"]
    if str(names[code]) in unrouted(region, region.local_day(now())):
        raise UserError(f"没有人会收到 {area} 的预警；请在 recipients.csv 补上经办岗位 (nobody would be told)")


def preview(
    purpose: Annotated[str, typer.Argument(help="digest、immediate、brief、weekly、quality、test")],
    office: Annotated[str, typer.Option(help="offices.csv 中的 office_id")],
    address: Annotated[str, typer.Option(help="该单位的一个地址，默认第一个会收到的")] = "",
    html: Annotated[Path | None, typer.Option(help="把网页部分写入此文件")] = None,
) -> None:
    """看一封邮件此刻会是什么样，不发送、不记录；下班后的汇总按下次上班时 (a mail as it would be; nothing is stored)."""
    settings, region = place()
    ledger = open_ledger(settings)
    edition = edition_in_force(settings.published)
    everybody = [
        one
        for one in recipients(region, edition.day)
        if one.office.office_id == office and address in {"", one.address}
    ]
    if not everybody:
        raise UserError(f"{office} 没有这样的接收人；请核对 offices.csv 和 recipients.csv (no such recipient)")
    at, hours = now(), everybody[0].office.hours
    if purpose == "digest" and hours.is_over(region, at):  # then none is sent before it works again
        at = hours.next_working(region, at)
        local = at.astimezone(region.time_zone)
        typer.echo(f"该单位已经下班，以下是 {local:%Y-%m-%d %H:%M} 时的邮件 (after working hours)\n", err=True)
    given = occasion(edition, ledger, region, settings, at)
    letters = _letters(given, ledger, region, purpose, everybody)
    if not letters:
        raise UserError(f"此刻没有要发给 {office} 的 {purpose} 邮件 (there would be no such mail)")
    for letter in letters:
        message = message_from_bytes(letter.message, policy=policy.default)
        typer.echo(f"收件人：{message['To']}\n主题：{letter.subject}\n\n{_part(message, 'plain')}")
    if html is not None:
        html.write_text(_part(message_from_bytes(letters[0].message, policy=policy.default), "html"), encoding="utf-8")
        console.print(f"网页部分已写入 {html}")


def remind() -> None:
    """就现行版次催办没有签收和逾期的预警，发到期的定期邮件 (reminders and mails by the calendar; each goes once)."""
    settings, region = place()
    with runs.locked(settings):
        console.print(notices.remind(settings, region, open_ledger(settings), now()))


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
        typer.echo(f"{row.office_id}\t{row.address}\t{row.episode_id}\t{row.level}\t{words(row.reason, row.detail)}")


def _letters(given: Occasion, ledger: Ledger, region: Region, purpose: str, everybody: list[Recipient]) -> list[Letter]:
    if purpose in {"digest", "immediate"}:
        keys = {one.key for one in everybody}
        plans = [plan for plan in plans_of(given, ledger, is_replay=False) if plan.recipient.key in keys]
        if purpose == "digest":
            return [write_digest(given, plan) for plan in plans if plan.reason in IS_DUE]
        return [write_at_once(given, plan, mail) for plan in plans for mail in plan.at_once]
    kinds = [one for one in periodic.KINDS if one.purpose == purpose]
    if not kinds:
        raise UserError(f"没有“{purpose}”这种邮件 (no such mail)")
    day = region.local_day(given.now)
    return [
        periodic.write(given, ledger, kind, one, day.isoformat())
        for kind in kinds
        for one in everybody
        if one.role in kind.posts
    ]


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return "" if body is None else str(body.get_content())


def _area(region: Region, written: str) -> str:
    code = region.area_of(written, region.local_day(now()))
    if code is None:
        raise UserError(f"没有名为“{written}”的地区；请写 places.csv 中的代码或名称 (no such area)")
    return code
