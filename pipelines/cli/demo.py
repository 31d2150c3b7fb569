"""Commands that try the program out: invent a city, run its last days, hand out links to it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from pipelines import run as runs
from pipelines.cli.accounts import role_and_areas
from pipelines.cli.serve import serve_site
from pipelines.cli.terminal import bar, console, now, place, to_day
from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import Audience, Role, UserError, Viewer
from pipelines.core.region.load import Region
from pipelines.core.region.rule_version import rule_hash
from pipelines.core.region.rules import LEADS
from pipelines.core.settings import Settings
from pipelines.demo import CitySpec, generate_city
from pipelines.judging.rule_backtest import backtest_together
from pipelines.judging.rule_scope import drop_unmet
from pipelines.judging.verification_labels import decided
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.accounts import link as links
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.workflow.rule import last_backtest, store_backtest
from pipelines.notify import remember_retrospective
from pipelines.publishing.edition import current_edition
from pipelines.run import Progress
from pipelines.warehouse import store


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
        report = generate_city(region, into, CitySpec(days, scale, seed, last, quiet), progress=progress)
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


def try_out(days: int = 900, scale: float = 0.1, replay: int = 35, seed: int = 1) -> None:
    """虚构一座城市，跑最近的日子，启动看板 (invent a city, run its last days, serve the dashboard)."""
    settings, region = place()
    ledger = open_ledger(settings)
    spec = CitySpec(days, scale, seed, newest_day(region, now()) - timedelta(days=1))
    with runs.locked(settings), bar() as progress:
        replay_demonstration(settings, region, ledger, spec, replay, now(), progress)
    for title, address in demonstration_links(settings, region, ledger, now()):
        typer.echo(f"{title}\t{address}")
    serve_site(settings)


LINK_HOURS = 12
LOOPBACK = ("127.0.0.1", "localhost", "::1")
ROLE_TITLES = {
    Role.CITY_LEADER: "市局领导",
    Role.CITY_ANALYST: "市局分析人员",
    Role.CITY_DUTY: "市局值班人员",
    Role.COUNTY_HEAD: "县局负责人",
    Role.COUNTY_CLERK: "县局经办人员",
    Role.ADMINISTRATOR: "系统管理员",
    Role.AUDITOR: "审计人员",
}


def replay_demonstration(
    settings: Settings, region: Region, ledger: Ledger, spec: CitySpec, replay: int, now: datetime, progress: Progress
) -> None:
    """Invent the city unless the folder holds data already, take it in, replay the last days.

    The ``replay`` editions end on the day after the last with data.

    Raises UserError when the folder holds real data: invented files never mix with them.
    """
    has_data = settings.warehouse.exists() or settings.raw.exists()
    mark_demonstration(settings)
    if not has_data:
        generate_city(region, settings.inbox, spec, progress, settings.data / "truth.csv")
    runs.ingest_all(settings, region, ledger, True, now, progress)
    last = spec.last_day + timedelta(days=1)
    first = last - timedelta(days=replay - 1)
    published = current_edition(settings.published)
    if published is not None:
        first = max(first, date.fromisoformat(published.split(".")[0]) + timedelta(days=1))
    wanted = runs.first_editions(region, ledger, first, last)
    if wanted:
        runs.editions(settings, region, ledger, wanted, now, is_replay=True, progress=progress)
        remember_retrospective(settings, region, ledger, wanted, now)
    keep_backtests(settings, region, ledger, last, now, progress)


def keep_backtests(
    settings: Settings, region: Region, ledger: Ledger, last: date, now: datetime, progress: Progress
) -> None:
    """Backtest every rule as it stands on ``last`` that has no stored backtest, over all editions."""
    rules = drop_unmet(region.rules_on(last))
    rules = rules[~rules["kind"].isin(LEADS) & rules["indicator"].isin(list(catalogue()))]
    hashes = {str(rule_id): rule_hash(rows) for rule_id, rows in rules.groupby("rule_id")}
    lacking = [rule_id for rule_id, value in hashes.items() if last_backtest(ledger, rule_id, value) is None]
    if not lacking:
        return
    rows, truth = [rules[rules["rule_id"] == rule_id] for rule_id in lacking], settings.data / "truth.csv"
    labels = truth if truth.exists() else None  # a city that was written elsewhere has its truth there
    with store.connect(settings, read_only=True) as warehouse:
        con = warehouse.connection
        first = con.execute("select min(day) from edition").fetchall()[0][0]
        by_people = {name: decided(con, ledger, region, name) for name in {one["indicator"].iloc[0] for one in rows}}
        found = backtest_together(con, region, rows, first, last, labels, progress, by_people)
    for rule_id, figures in found.items():
        store_backtest(ledger, rule_id, hashes[rule_id], figures, trail.SYSTEM, now)


def newest_day(region: Region, now: datetime) -> date:
    """The last day whose edition can be there: today once its cut-off has passed, until then yesterday."""
    today = region.local_day(now)
    return today if region.cutoff_at(today) <= now else today - timedelta(days=1)


def mark_demonstration(settings: Settings) -> None:
    """Say that the data folder holds invented data. Raises UserError when there are, or wait, real ones."""
    if settings.demonstration_mark.exists():
        return
    waits = settings.inbox.exists() and any(path.is_file() for path in settings.inbox.rglob("*"))
    if settings.warehouse.exists() or settings.raw.exists() or waits:
        raise UserError(f"{settings.data} 中已有正式数据，不能再放入演示数据；请另设 GANGSHAO_DATA (real data here)")
    settings.data.mkdir(parents=True, exist_ok=True)
    settings.demonstration_mark.write_text("演示数据：全部虚构 (invented data)\n", encoding="utf-8")


def sign_in_link(
    settings: Settings, ledger: Ledger, role: Role, areas: Sequence[str], name: str, hours: int, now: datetime
) -> str:
    """Address of a single-use link for a role to invented data. Raises UserError over a real folder."""
    if not settings.demonstration_mark.exists():
        raise UserError(
            f"{settings.data} 中是正式数据，登录须有账号：gangshao account add (real data: open an account instead)"
        )
    token = links.issue_link(ledger, role, areas, name, timedelta(hours=hours), now)
    return f"{settings.address}/sign-in/{token}"


def demonstration_links(settings: Settings, region: Region, ledger: Ledger, now: datetime) -> list[tuple[str, str]]:
    """A link per role, for demonstration data on the loopback only; offices get the region's first unit."""
    if not settings.demonstration_mark.exists() or settings.host not in LOOPBACK:
        return []
    unit = region.units[0]
    name_of = dict(zip(region.places["code"], region.places["name"], strict=True))
    found: list[tuple[str, str]] = []
    for role, title in ROLE_TITLES.items():
        is_office = Viewer(role).audience is Audience.OFFICE
        shown = f"{title}（{name_of[unit]}）" if is_office else title
        areas = [unit] if is_office else []
        found.append((shown, sign_in_link(settings, ledger, role, areas, shown, LINK_HOURS, now)))
    return found
