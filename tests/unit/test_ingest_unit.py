"""Figures, days and codes as people write them, and what is left as it was because nobody can know."""

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from pipelines.core.domain import Grain
from pipelines.feeds.contract import Column, Kind
from pipelines.formcheck.parsing.encoding import RefusedError
from pipelines.formcheck.parsing.header import unit_figure
from pipelines.formcheck.parsing.normalisation import code, day, normalise, number, plain
from pipelines.formcheck.parsing.preamble import SILENT, read_preamble


@pytest.mark.parametrize(
    ("text", "wanted", "header", "value"),
    [
        ("1,234", "", "", "1234"), ("１，２３４．５０", "", "", "1234.5"), ("12.0", "", "", "12"), ("−3", "人", "人", "-3"),
        ("1.2万", "人", "人", "12000"), ("1.2 万人", "人", "人", "12000"), ("3亿元", "万元", "万元", "30000"),
        ("300元", "万元", "万元", "0.03"), ("1.2", "人", "万人", "12000"), ("40人", "人", "万人", "40"), ("5", "万元", "元", "0.0005"),
        ("3.5%", "%", "%", "3.5"), ("3.5", "%", "%", "3.5"), ("12名", "人", "人", "12"), ("2百万元", "元", "元", "2000000"),
    ],
)  # fmt: skip
def test_a_figure_is_read_in_the_unit_it_is_written_in(text: str, wanted: str, header: str, value: str) -> None:
    assert unit_figure(text, wanted, header) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("", "人"), ("约20", "人"), ("1,23", "人"), ("3%", "人"), ("3%", ""), ("1.2万", ""), ("5元", "人"), ("1.2E+05", "人"), ("1-2", "人"),
     ("一百", "人"), ("9" * 60, "人"), ("1..2", "人"), ("1 000 000 0.", "人"), ("万", "人")],
)  # fmt: skip
def test_what_is_no_figure_or_counts_something_else_is_none(text: str, wanted: str) -> None:
    assert unit_figure(text, wanted, wanted) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2020 年 3 月 5 日", "2020年3月5日"), ("２０２０－０３－０５", "2020-03-05"), ("2020/3/5 0:00", "2020/3/5"), ("2020-03-05T08:30:00", "2020-03-05"),
        ("2020年3月5日 08:30", "2020年3月5日"), ("2020年3月5日8:30", "2020年3月5日"), ("43895.0", "43895"), ("'20200305", "20200305"),
        ('="2020-03-05"', "2020-03-05"), ("2020-03-05 2020-03-06", "2020-03-05 2020-03-06"), ("三月五日", "三月五日"),
    ],
)  # fmt: skip
def test_a_day_loses_its_time_and_its_blanks_only(text: str, meant: str) -> None:
    assert day(text) == meant


def test_codes_and_numbers_lose_what_spreadsheets_add() -> None:
    assert [code(text) for text in ("11.0", "'11", "１１", "\ufeff11\u200b", '="11"', "C", "1.5", "其他（一）")] == [
        "11", "11", "11", "11", "11", "C", "1.5", "其他（一）"
    ]  # fmt: skip
    assert number(" 371521\u00a019850115 1234 ") == "371521198501151234"
    assert number("3.71521E+17") == "3.71521E+17"
    assert plain("示例（山东）有限公司") == "示例（山东）有限公司"
    assert plain("'") == "'"


def test_a_clean_column_is_not_touched_and_a_dirty_one_only_where_it_is() -> None:
    table = pa.table(
        {"drop_no": [0, 0, 1], "line_number": [2, 3, 2], "c0": ["7", "1,234", "5"], "c1": ["示例", "a", None]}
    )
    columns = (Column("人数", "persons", Kind.INT, unit="人"), Column("名称"))
    found = normalise(table, columns, {})
    assert found.column("c0").to_pylist() == ["7", "1234", "5"]
    assert found.column("c1").chunk(0).buffers()[2].address == table.column("c1").chunk(0).buffers()[2].address
    assert (
        normalise(found, columns, {}).column("c0").chunk(0).buffers()[2].address
        == found.column("c0").chunk(0).buffers()[2].address
    )
    scaled = normalise(table, columns, {1: ("万人", "")})
    assert scaled.column("c0").to_pylist() == ["7", "1234", "50000"]


def test_the_lines_above_a_header_are_read_in_one_cell_or_two() -> None:
    found = read_preamble(
        [["报送单位：阳谷县  报送期间:2020年3月"], ["报送版本：", "", "2"], ["补报", "是", "单位：万人"]]
    )
    assert (found.sender, found.period, found.grain) == ("阳谷县", date(2020, 3, 1), Grain.MONTH)
    assert (found.version, found.is_supplement, found.units) == (2, True, ("万人",))


def test_labels_without_values_and_titles_say_nothing() -> None:
    assert (
        read_preamble(
            [
                ["失业保险金申领"],
                ["报送单位：", "报送期间：", "报送版本：", "补报："],
                ["填报单位：示例公司"],
                ["单位：阳谷县"],
            ]
        )
        == SILENT
    )


@pytest.mark.parametrize("line", ["报送期间：2020-02-30", "报送版本：0", "补报：也许", "报送期间：二〇二〇年三月"])
def test_a_statement_nobody_can_read_is_refused_with_its_label(line: str) -> None:
    with pytest.raises(RefusedError, match=line.split("：", maxsplit=1)[0]):
        read_preamble([[line]])
