"""Commands that try the program out: invent a city, run its last days, hand out links to it."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from pipelines import run as runs
from pipelines.cli.accounts import role_and_areas
from pipelines.cli.demonstration import (
    demonstration_links,
    mark_demonstration,
    newest_day,
    replay_demonstration,
    sign_in_link,
)
from pipelines.cli.serve import serve_site
from pipelines.cli.terminal import bar, console, now, place, to_day
from pipelines.demo import generate
from pipelines.ledger import open_ledger


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


def link(
    role: str,
    area: Annotated[list[str] | None, typer.Option(help="区县单位的地区代码或名称")] = None,
    name: str = "",
    hours: Annotated[int, typer.Option(min=1, max=12)] = 12,
) -> None:
    """生成查看演示数据的一次性链接，只在本机有效 (a single-use link to invented data, on this machine only)."""
    settings, region = place()
    chosen, codes = role_and_areas(region, role, area or [])
    typer.echo(sign_in_link(settings, open_ledger(settings), chosen, codes, name, hours, now()))


def tryout(days: int = 900, scale: float = 0.1, replay: int = 35, seed: int = 1) -> None:
    """虚构一座城市，跑最近的日子，启动看板 (invent a city, run its last days, serve the dashboard)."""
    settings, region = place()
    ledger = open_ledger(settings)
    last = newest_day(region, now())
    with runs.locked(settings), bar() as progress:
        replay_demonstration(settings, region, ledger, last, days, scale, replay, seed, now(), progress)
    for title, address in demonstration_links(settings, region, ledger, now()):
        typer.echo(f"{title}\t{address}")
    serve_site(settings)
