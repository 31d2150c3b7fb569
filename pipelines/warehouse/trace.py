"""From any published number back to the drops, files and lines it was made of, and the sum of those lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import duckdb
import pandas as pd

from pipelines.core.domain import TOTAL_INDUSTRY, Grain
from pipelines.core.region.load import Region
from pipelines.core.sql import Sql, name, step
from pipelines.feeds import contracts
from pipelines.warehouse.as_of import (
    FACTS,
    create_division_views,
    create_fact_views,
    create_tag_table,
    create_views,
    drop_fact_views,
)
from pipelines.warehouse.figure import GRAINS, Figure
from pipelines.warehouse.lineage import with_lines
from pipelines.warehouse.transform import truncated

_PARTS = {"numerator": "分子", "denominator": "分母"}
_LEAST_DIFFERENCE = 1e-9  # relative; sums of doubles in another order


@dataclass(frozen=True)
class Trace:
    """Where a figure comes from.

    ``lines``: part (numerator, denominator), feed, drop_id, file_name, received_at (UTC), line_number (physical line of
    the file, from 1), contribution (what the line adds to the part; NaN where the part is no sum). ``silent``: when no
    line counts, the drops that speak for area and period and hold no such row; feed, drop_id, file_name, received_at.
    ``numerator``, ``denominator``, ``value``: recomputed from those lines.
    """

    figure: Figure
    lines: pd.DataFrame
    silent: pd.DataFrame
    numerator: float
    denominator: float
    value: float | None

    @property
    def agrees(self) -> bool:
        """Whether the lines give the number that was published."""
        published = (self.figure.numerator, self.figure.denominator if self.figure.indicator.is_ratio else None)
        recomputed = (self.numerator, self.denominator if self.figure.indicator.is_ratio else None)
        return all(_is_same(one or 0.0, other or 0.0) for one, other in zip(published, recomputed, strict=True)) and (
            _is_same(self.figure.value or 0.0, self.value or 0.0)
            and (self.figure.value is None) == (self.value is None)
        )

    def files(self, part: str) -> pd.DataFrame:
        """The lines of a part by file: feed, received_at, file_name, drop_id, count, contribution, ranges (2-5、8)."""
        own = self.lines[self.lines["part"] == part]
        key = ["feed", "received_at", "file_name", "drop_id"]
        rows = own.groupby(key, sort=True)["contribution"].agg(["size", "sum"]).reset_index()
        starts = own.groupby(key)["line_number"].diff().ne(1).cumsum()
        runs = own.groupby([*key, starts.rename("run")])["line_number"].agg(["min", "max"]).reset_index()
        runs["ranges"] = (
            runs["min"]
            .astype(str)
            .where(runs["min"] == runs["max"], runs["min"].astype(str) + "-" + runs["max"].astype(str))
        )
        ranges = runs.groupby(key, sort=True)["ranges"].agg("、".join).reset_index()
        return rows.rename(columns={"size": "count", "sum": "contribution"}).merge(ranges, on=key)


def _is_same(one: float, other: float) -> bool:
    return abs(one - other) <= _LEAST_DIFFERENCE * max(1.0, abs(one), abs(other))


def trace(con: duckdb.DuckDBPyConnection, region: Region, figure: Figure) -> Trace:
    """Find the lines behind a figure among the facts in force at its edition's cut-off.

    Lays temporary views over the fact tables and takes them away again; writes nothing that lasts.
    """
    create_views(con, figure.edition.cutoff_at.replace(tzinfo=None))
    _show(con, region, figure)
    lines = _lines(con, region, figure)
    drop_fact_views(con)
    sums: dict[str, float] = {}
    for part in figure.parts:
        contribution = lines.loc[lines["part"] == part, "contribution"]
        if contribution.isna().any():  # no sum of lines: what the indicator's own SQL says
            answer = con.execute(step("traced_sum", part=name(part))).fetchall()
            sums[part] = float(answer[0][0])
        else:
            sums[part] = float(contribution.sum())
    numerator, denominator = sums["numerator"], sums.get("denominator", 0.0)
    value: float | None = numerator
    if figure.indicator.is_ratio:
        value = figure.indicator.scale * numerator / denominator if denominator else None
    has_lines = (lines["part"] == "numerator").any()
    silent = lines.iloc[:0] if has_lines else _silent(con, region, figure)
    return Trace(figure, lines, silent, numerator, denominator, value)


def _show(con: duckdb.DuckDBPyConnection, region: Region, figure: Figure) -> None:
    """Show the facts the figure may stand on; those of later periods only where a file may hold earlier ones."""
    tables = [table for table in figure.indicator.tables if table in FACTS]
    is_bound = all(contracts()[table].period_column for table in tables)
    earliest = figure.period - timedelta(days=figure.indicator.look_back_days)
    create_fact_views(con, tables, earliest, _last_day(region, figure) if is_bound else None)
    if figure.industry in region.tags:
        create_tag_table(con, region.tag_divisions)
        create_division_views(con, tables)


def _last_day(region: Region, figure: Figure) -> date:
    longest = {Grain.DAY: 1, Grain.WEEK: 7, Grain.MONTH: 31, Grain.QUARTER: 92}[figure.grain]
    return region.period_start(figure.grain, figure.period + timedelta(days=longest)) - timedelta(days=1)


def _lines(con: duckdb.DuckDBPyConnection, region: Region, figure: Figure) -> pd.DataFrame:
    sql = with_lines(figure.indicator.sql, figure.parts, FACTS)
    columns = {row[0] for row in con.execute(f"describe {figure.indicator.sql}").fetchall()}
    wanted: dict[str, object] = {"period": figure.period}
    own = {"own_area": Sql("true"), "own_industry": Sql("true")}
    is_given = figure.indicator.kind == "given"  # what its publisher gave for the city is no sum over areas
    if "area" in columns and (is_given or figure.area != region.city):
        own["own_area"] = Sql("area = $area")
        wanted["area"] = figure.area
    if "industry" in columns and (is_given or figure.industry != TOTAL_INDUSTRY):
        is_tag = figure.industry in region.tags
        of_tag = "industry in (select division from tag_division where tag = $industry)"
        own["own_industry"] = Sql(of_tag if is_tag else "industry = $industry")
        wanted["industry"] = figure.industry
    con.execute(step("traced", indicator=Sql(sql), truncated=truncated(figure.grain, region), **own), wanted)
    parts = [
        con.execute(step("traced_line", lines=name(f"{part}_lines")), {"part": part}).df()
        for part in sorted(figure.parts, reverse=True)
    ]
    return pd.concat(parts, ignore_index=True)


def _silent(con: duckdb.DuckDBPyConnection, region: Region, figure: Figure) -> pd.DataFrame:
    feeds = [feed for feed in figure.indicator.roster_feeds if feed in FACTS]
    return con.execute(
        step("silent_file", truncated=truncated(figure.grain, region)),
        {"feeds": feeds, "period": figure.period, "area": figure.area, "city": region.city},
    ).df()


def trace_lines(found: Trace, region: Region) -> list[str]:
    """What a person reads, line by line: the figure, the sum of its lines, and the lines by file."""
    figure = found.figure
    names = dict(zip(region.places["code"], region.places["name"], strict=True))
    place = f"{figure.area} {names.get(figure.area, '')}".strip()
    when = f"{GRAINS[figure.grain]} {figure.grain} {figure.period}"
    complete = f"应报 {figure.due} 已报 {figure.reporting} · {figure.reporting} of {figure.due} reporting"
    same = "一致 (the same)" if found.agrees else _difference(found)
    said = [
        f"{figure.indicator.title_zh} {figure.indicator.title_en}（{figure.indicator.name}）",
        f"地区 area {place} · 行业 industry {figure.industry} · {when} · 版次 edition {figure.edition.edition_id}",
        f"公布值 published: {_number(figure.value)} {figure.indicator.unit}（{complete}）",
        f"按下列各行重算 recomputed from the lines below: {_number(found.value)}，{same}",
    ]
    for part in figure.parts:
        files = found.files(part)
        total = getattr(found, part)
        said.append(
            f"{_PARTS[part]} {part}: {_number(total)}，{files['count'].sum():,} 行 lines，{len(files):,} 个文件 files"
        )
        said += [
            f"  {_local(region, row.received_at)}  {row.feed}/{row.file_name}  第 {row.ranges} 行 lines"
            f"  合计 adds {_number(row.contribution)}  [{row.drop_id}]"
            for row in files.itertuples()
        ]
    if len(found.silent):
        said.append("下列文件报了这一期，其中没有这样的行 (these files speak for the period and hold no such row):")
        said += [
            f"  {_local(region, row.received_at)}  {row.feed}/{row.file_name}  [{row.drop_id}]"
            for row in found.silent.itertuples()
        ]
    return said


def _difference(found: Trace) -> str:
    figure = found.figure
    pairs: Sequence[tuple[str, float | None, float]] = [
        (part, getattr(figure, part), getattr(found, part)) for part in figure.parts
    ]
    parts = "；".join(f"{_PARTS[part]} {part} {_number(one)} → {_number(other)}" for part, one, other in pairs)
    return f"与公布值不一致 (differs from what was published)：{parts}"


def _local(region: Region, received_at: datetime) -> str:
    instant = pd.Timestamp(received_at).tz_localize(UTC).tz_convert(region.time_zone)
    return f"{instant:%Y-%m-%d %H:%M}"


def _number(number: float | None) -> str:
    if number is None or pd.isna(number):
        return "无 (none)"
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.4f}"
