"""Commands about the audit trail: list it, verify it; and how long acts of the command line are entered in it."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import time
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.terminal import console, now, place, to_day
from pipelines.core import settings as all_settings
from pipelines.core.domain import UserError
from pipelines.core.text_safety import show_cell
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.audit_trail import anchor, trail
from pipelines.ledger.audit_trail.trail import Act, Entry, Result
from pipelines.ledger.audit_trail.verification import find_breaches, verify_chain
from pipelines.ledger.db.web_role import grants

_COLUMNS = ("seq", "at", "who", "source", "act", "target", "result", "details", "previous_hash", "own_hash")
_SHOWN = 100

desk = typer.Typer(no_args_is_help=True, help="审计记录 (the audit trail)")


@contextmanager
def entered(ledger: Ledger, act: Act, target: str) -> Iterator[dict[str, object]]:
    """Enter a long act before it starts and when it ends; what is put into the dictionary becomes its details."""
    actor = trail.this_process()
    details: dict[str, object] = {}
    trail.write_entry(ledger, act, actor, target, now(), result=Result.BEGUN)
    try:
        yield details
    except BaseException as error:
        told = {**details, "error": type(error).__name__}
        trail.write_entry(ledger, act, actor, target, now(), result=Result.FAILED, details=told)
        raise
    trail.write_entry(ledger, act, actor, target, now(), details=details)


@desk.command(name="list")
def list_entries(
    since: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="从这一天起（当地时间）")] = "",
    who: Annotated[str, typer.Option(help="行为人名称中的一段")] = "",
    act: Annotated[str, typer.Option(help="行为，如 sign_in、export")] = "",
    file: Annotated[Path | None, typer.Option("--csv", help="全部写入此文件，不限条数")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = _SHOWN,
) -> None:
    """列出审计记录，新的在前 (list the trail, newest first)."""
    if act not in ("", *Act):
        raise UserError(f"没有“{act}”这种行为；可用的有：{'、'.join(Act)} (no such act)")
    settings, region = place()
    ledger = open_ledger(settings)
    found = trail.entries(
        ledger,
        since=region.instant(to_day(since), time()) if since else None,
        who=who,
        act=Act(act) if act else None,
        most=None if file else limit,
    )
    if file is None:
        for entry in found:
            typer.echo(
                f"{entry.seq}  {entry.at}  {entry.who}@{entry.source}  {entry.act}  {entry.target}"
                f"  {entry.result}  {entry.details}"
            )
        console.print(f"列出 {len(found)} 条")
        return
    _save(file, found)
    asked = {"since": since, "who": who, "act": act, "rows": len(found)}
    trail.write_entry(ledger, Act.EXPORT, trail.this_process(), "audit", now(), details=asked)
    console.print(f"{len(found)} 条已写入 {file}")


def _save(path: Path, found: Sequence[Entry]) -> None:
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(_COLUMNS)
            writer.writerows([show_cell(getattr(entry, name)) for name in _COLUMNS] for entry in found)
    except OSError as error:
        raise UserError(f"{path} 无法写入（{error.strerror}），请换一个位置 (cannot be written)") from error


@desk.command(name="verify")
def verify_trail(
    noted: Annotated[list[str] | None, typer.Option("--anchor", metavar="SEQ:HASH", help="另处记下的末条散列")] = None,
) -> None:
    """逐条核对审计记录，与锚点、登记和台账比较；有误时说明，状态 1 (walk the trail, compare it with what it tells)."""
    settings = all_settings.load()
    try:
        anchors = [*anchor.known(settings), *[anchor.given(text) for text in noted or []]]
    except anchor.DamagedError as error:
        typer.echo(str(error))
        raise typer.Exit(1) from error
    ledger = open_ledger(settings)
    verdict = verify_chain(ledger, anchors)
    found = [verdict.breach] if verdict.breach else find_breaches(settings, ledger, anchors)
    for sentence in found:
        typer.echo(sentence)
    if found:
        raise typer.Exit(1)
    typer.echo(
        f"{verdict.entries} 条审计记录完整，与 {verdict.anchors} 个锚点相符；末条 {verdict.entries}:{verdict.last_hash}"
    )


@desk.command(name="grants")
def web_grants(role: str) -> None:
    """打印 PostgreSQL 语句：让看板的数据库角色只能添加审计记录 (what the web's database role may do)."""
    for statement in grants(role):
        typer.echo(f"{statement};")
