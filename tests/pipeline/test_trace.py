"""From any published number to its lines: as the files as sent hold them, today and on a past day."""

import csv
import random
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipelines.cli.app import app
from pipelines.core.domain import UserError
from pipelines.core.region import load as regions
from pipelines.core.settings import Settings
from pipelines.warehouse import store
from pipelines.warehouse.figure import Figure, FigureAddress, find_figure
from pipelines.warehouse.trace import Trace, trace, trace_lines
from tests.house import ROOT, House
from tests.pipeline.sent_lines import Lines, Sender

pytestmark = pytest.mark.xdist_group("replay")
REGION = regions.load(ROOT / "data" / "regions" / "liaocheng")
NUMBERS, OF_THEM_REVISED = 90, 12
_FILE = re.compile(r"  (\S+) \S+  \S+/(\S+)  第 (\S+) 行")


@pytest.fixture(scope="module")
def warehouse(replayed: House) -> Iterator[duckdb.DuckDBPyConnection]:
    with store.connect(Settings(data=replayed.data, keys=replayed.folder / "keys"), read_only=True) as opened:
        yield opened.connection


@pytest.fixture(scope="module")
def sender(files: Path) -> Sender:
    return Sender(files)


@pytest.fixture(scope="module")
def numbers(replayed: House) -> list[dict[str, object]]:
    """Published numbers of all indicators, grains and levels; a dozen of them said otherwise by a later edition."""
    rows = replayed.ask(
        "select indicator, area, industry, reading.grain, reading.period, edition.day, value, known_to is not null "
        "from reading join edition on known_from <= edition.cutoff_at "
        "and (known_to is null or known_to > edition.cutoff_at) where cohort = 'all' order by all"
    )
    names = ("indicator", "area", "industry", "grain", "period", "day", "value", "is_revised")
    drawn = random.Random(20)
    drawn.shuffle(rows)
    by_kind: dict[tuple[object, ...], list[dict[str, object]]] = {}
    for row in rows:
        item = dict(zip(names, row, strict=True))
        kind = (item["indicator"], item["grain"], item["area"] == REGION.city, item["industry"] == "ALL")
        by_kind.setdefault(kind, []).append(item)
    revised = [item for items in by_kind.values() for item in items if item["is_revised"] and item["value"]]
    telling = [next((item for item in items if item["value"]), items[0]) for items in by_kind.values()]
    drawn.shuffle(telling)
    each = list({item["indicator"]: item for item in telling}.values())
    others = [item for item in telling if item not in each]
    return [*each, *drawn.sample(revised, OF_THEM_REVISED), *others][:NUMBERS]


def found(con: duckdb.DuckDBPyConnection, number: dict[str, object]) -> Trace:
    figure = find_figure(
        con, REGION, FigureAddress(str(number["indicator"]), str(number["period"]), area=str(number["area"]),
        industry=str(number["industry"]), grain=str(number["grain"]), as_of=number["day"]),
    )  # fmt: skip
    return trace(con, REGION, figure)


def printed(lines: list[str]) -> dict[str, Lines]:
    """What a person reads, back as lines of files by part."""
    parts: dict[str, Lines] = {}
    part: Lines = set()
    for line in lines:
        if line.startswith(("分子", "分母")):
            part = parts.setdefault(line.split()[1].rstrip(":"), set())
        match = _FILE.match(line)
        if match:
            for span in match[3].split("、"):
                first, _, last = span.partition("-")
                part |= {(f"{match[1]}/{match[2]}", at) for at in range(int(first), int(last or first) + 1)}
    return parts


def test_the_lines_printed_for_ninety_numbers_are_those_the_files_hold(
    warehouse: duckdb.DuckDBPyConnection, sender: Sender, numbers: list[dict[str, object]]
) -> None:
    assert len(numbers) == NUMBERS
    assert {str(number["indicator"]) for number in numbers} == {
        row[0] for row in warehouse.execute("select distinct indicator from reading").fetchall()
    }
    assert {number["grain"] for number in numbers} == {"day", "week", "month"}
    assert len({number["day"] for number in numbers}) > 10
    for number in numbers:
        traced = found(warehouse, number)
        at = pd.Timestamp(traced.figure.edition.cutoff_at).tz_localize(None)
        above, below = sender.lines(
            str(number["indicator"]), str(number["area"]), str(number["industry"]), str(number["grain"]),
            number["period"], at,
        )  # fmt: skip
        expected = {"numerator": above} | ({"denominator": below} if traced.figure.indicator.is_ratio else {})
        assert printed(trace_lines(traced, REGION)) == expected, number
        assert traced.agrees, number
        assert traced.figure.value == number["value"], number


def test_a_past_day_shows_the_file_it_knew_and_the_last_one_its_correction(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    later = warehouse.execute(
        "select feed, sender, period, received_at from drop_register where version = 2 and feed = 'benefit_claim' "
        "and received_at between timestamp '2026-10-13' and timestamp '2026-10-30' order by received_at desc limit 1"
    ).fetchall()[0]
    before = find_figure(
        warehouse, REGION, FigureAddress("benefit_claim", "2026-10-23", area=later[1], as_of=date(2026, 10, 28))
    )
    after = find_figure(warehouse, REGION, FigureAddress("benefit_claim", "2026-10-23", area=later[1]))
    assert later[2] == before.period
    names = [set(trace(warehouse, REGION, figure).lines["file_name"]) for figure in (before, after)]
    assert names == [{f"benefit_claim_{later[1]}_20261023.csv"}, {f"benefit_claim_{later[1]}_20261023_v2.csv"}]


def test_a_zero_names_the_files_that_spoke_and_held_no_such_row(
    warehouse: duckdb.DuckDBPyConnection, replayed: House, sender: Sender
) -> None:
    area, industry = replayed.ask(
        "select area, industry from reading where indicator = 'benefit_claim' and grain = 'day' and value = 0 "
        "and period = date '2026-10-13' and known_to is null and area <> '371500' and industry = 'A' order by all limit 1"
    )[0]
    traced = trace(
        warehouse,
        REGION,
        find_figure(warehouse, REGION, FigureAddress("benefit_claim", "2026-10-13", area=area, industry=industry)),
    )
    assert traced.lines.empty
    assert traced.agrees
    assert traced.silent["file_name"].tolist() == [f"benefit_claim_{area}_20261013.csv"]
    assert any("没有这样的行" in line for line in trace_lines(traced, REGION))


def test_the_command_prints_and_writes_every_line_and_nobodys_identity(replayed: House, tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    said = replayed.gangshao(
        "trace", "insured_net_change_rate", "2026-10", "--area", "茌平", "--industry", "C", "--as-of", "2026-10-20",
        "--csv", str(path),
    ).stdout  # fmt: skip
    parts = printed(said.splitlines())
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[0].keys() == {
        "part", "feed", "drop_id", "file_name", "received_at", "line_number", "contribution",
    }  # fmt: skip
    for part, lines in parts.items():
        own = [row for row in rows if row["part"] == part]
        assert len(own) == len(lines) > 3
        assert {(row["file_name"], int(row["line_number"])) for row in own} == {
            (file.split("/")[1], line) for file, line in lines
        }
    total = {part: sum(float(row["contribution"]) for row in rows if row["part"] == part) for part in parts}
    value = re.search(r"published: (-?[\d.]+) percent", said)
    assert value is not None
    assert 100 * total["numerator"] / total["denominator"] == pytest.approx(float(value[1]), abs=1e-4)
    assert not re.search(r"\d{17}[\dX]", said + path.read_text("utf-8"))


def test_a_published_number_that_its_lines_do_not_give_is_said_to_differ(
    replayed: House, house: Callable[[House], House]
) -> None:
    wrong = house(replayed)
    with duckdb.connect(str(wrong.data / "warehouse.duckdb")) as con:
        con.execute(
            "update reading set numerator = numerator + 1, value = value + 1 "
            "where indicator = 'benefit_claim' and grain = 'month' and area = '371500' and industry = 'ALL'"
        )
    said = wrong.gangshao("trace", "benefit_claim", "2026-09", status=1).stdout
    numbers = re.search(r"不一致 \(differs from what was published\)：分子 numerator (\d+) → (\d+)", said)
    assert numbers is not None
    assert int(numbers[1]) == int(numbers[2]) + 1


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("benefit_claims", "2026-10"), "没有名为“benefit_claims”的指标"),
        (("benefit_claim", "2026-13"), "时段“2026-13”写法有误"),
        (("benefit_claim", "October"), "时段“October”写法有误"),
        (("benefit_claim", "2026Q5"), "时段“2026Q5”写法有误"),
        (("benefit_claim", "2026Q4"), "“2026Q4”不是这样的时段"),
        (("benefit_claim", "2026-10", "--grain", "day"), "“2026-10”不是这样的时段"),
        (("benefit_claim", "2026-10-12", "--grain", "hour"), "没有名为“hour”的时段长度"),
        (("benefit_claim", "2026-10", "--area", "济南"), "没有名为“济南”的地区"),
        (("benefit_claim", "2026-10", "--industry", "Z"), "没有名为“Z”的行业门类"),
        (("benefit_claim", "2019-10"), "没有这个读数"),
        (("vacancy_seeker_ratio", "2026-10", "--area", "371502"), "没有这个读数"),
        (("benefit_claim", "2026-10", "--as-of", "2026-10-11"), "2026-10-11 没有版次，现有 2026-10-12 至 2026-10-31"),
        (("benefit_claim", "2026-10", "--csv", "no/such/folder/lines.csv"), "无法写入"),
    ],
)
def test_what_does_not_exist_is_said_in_one_sentence(
    asked: tuple[str, ...], said: str, replayed: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GANGSHAO_DATA", "GANGSHAO_KEYS"):
        monkeypatch.setenv(name, replayed.env[name])
    with pytest.raises(UserError, match=re.escape(said)):
        app(["trace", *asked], standalone_mode=False)


def test_without_a_warehouse_or_an_edition_there_is_nothing_to_trace(tmp_path: Path, stocked: House) -> None:
    assert "还没有数据仓库" in House(tmp_path).gangshao("trace", "benefit_claim", "2026-10", status=2).stderr
    assert "还没有版次" in stocked.gangshao("trace", "benefit_claim", "2026-10", status=2).stderr


def test_a_week_is_named_by_any_of_its_days(warehouse: duckdb.DuckDBPyConnection) -> None:
    def weekly(day: str) -> Figure:
        return find_figure(warehouse, REGION, FigureAddress("benefit_claim", day, grain="week"))

    assert weekly("2026-10-14") == weekly("2026-10-18") == weekly("20261012")
    assert weekly("2026-10-14").period == date(2026, 10, 12)
    with pytest.raises(UserError):
        find_figure(warehouse, REGION, FigureAddress("job_loss_rate", "2026-10-14", grain="week"))
