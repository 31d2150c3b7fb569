"""Commands about published numbers: where one came from, how good forecasts of it were."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from pipelines import run as runs
from pipelines.cli.terminal import bar, console, now, place, to_day
from pipelines.core.domain import UserError
from pipelines.ledger import open_ledger
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act
from pipelines.warehouse import backtest as backtests
from pipelines.warehouse import store, stored_backtests
from pipelines.warehouse import trace as traces
from pipelines.warehouse.figure import FigureAddress, find_figure


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
        figure = find_figure(
            con, region, FigureAddress(indicator, period, area=area, industry=industry, grain=grain, as_of=day)
        )
        found = traces.trace(con, region, figure)
    for line in traces.trace_lines(found, region):
        typer.echo(line)
    if csv is not None:
        _write_csv(found.lines, csv)
        shown = {"indicator": indicator, "period": period, "area": area, "industry": industry, "rows": len(found.lines)}
        trail.write_entry(open_ledger(settings), Act.EXPORT, trail.this_process(), "trace", now(), details=shown)
    if not found.agrees:
        raise typer.Exit(1)


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
            warehouse.connection, region, indicator, (to_day(first), to_day(last)), truth, progress, method
        )
        worse = stored_backtests.worsened(settings.backtests, found)
        path = stored_backtests.keep(settings.backtests, found, now())
    for line in (*backtests.backtest_lines(found), *worse):
        typer.echo(line)
    console.print(f"各层级的数值已存入 {path}")


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
    for line in leading.leading_lines(found):
        typer.echo(line)
    if csv is not None:
        _write_csv(found.figures, csv)


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    try:
        frame.to_csv(path, index=False)
    except OSError as error:
        raise UserError(f"{path} 无法写入（{error.strerror}），请换一个位置 (cannot be written)") from error
