"""Rows that have everything a row needs and say themselves that they are totals are no rows."""

import pytest

from pipelines.core.region.load import Region, load
from pipelines.formcheck.form_check import check
from tests.pipeline.dirty_maker import book, cells
from tests.pipeline.dirty_text import HEADCOUNT, HEADCOUNT_HEADER, headcount
from tests.pipeline.ingest_place import CLAIM_HEADER, REGION, claim, csv

CLAIM = "benefit_claim_371521_20200305.csv"
SERIES = "aggregate_series_371500_202003.csv"
SERIES_HEADER = "指标,地区,群体,职业,期间,频度,数值,计量"


@pytest.fixture(scope="module")
def region() -> Region:
    return load(REGION)


def total(number: int, word: str, insured: str) -> str:
    """A good line of insured_headcount of an employer whose name is a total's word."""
    return headcount(number, insured).replace(f"示例厂{number:03d}", word)


@pytest.mark.parametrize(
    ("rows", "accepted", "told"),
    [
        ([headcount(1), total(2, "合计", "12"), headcount(3)], 2, ["第 3 行是合计行", "各行之和为 24"]),
        ([headcount(1), total(2, " 小 计：", "12"), headcount(3)], 2, ["第 3 行是合计行"]),
        ([headcount(1), headcount(2), total(3, "总计", "24")], 2, ["第 4 行是合计行"]),
        ([total(n, "全区合计", "1") for n in range(1, 6)], 0, ["等 5 行是合计行"]),
        ([headcount(1), total(2, "合计会计服务公司", "12"), total(3, "小计", "12")], 2, ["第 4 行是合计行"]),
        ([headcount(1), total(2, "合计会计服务公司", "12")], 2, []),
        ([headcount(1), headcount(2).replace("371521", "总计"), headcount(3)], 2, []),
    ],
)
def test_a_row_whose_name_is_a_total_is_no_row(rows: list[str], accepted: int, told: list[str], region: Region) -> None:
    as_text = csv(HEADCOUNT_HEADER, *rows)
    as_sheet = book({"a": cells(HEADCOUNT_HEADER, *rows)})
    for name, content in ((HEADCOUNT, as_text), (HEADCOUNT.replace(".csv", ".xlsx"), as_sheet)):
        checked = check("insured_headcount", name, content, region)
        outcome = checked.outcomes[0]
        said = " ".join(note.zh for note in outcome.notes)
        assert outcome.rows_accepted == accepted == checked.accepted.num_rows, name
        assert all(words in said for words in told), said
        assert ("合计行" in said) is bool(told), said


def test_a_total_in_the_column_of_serial_numbers_is_no_row(region: Region) -> None:
    lines = [f"序号,{CLAIM_HEADER}", f"1,{claim(1)}", f"合计,{claim(2)}", "", f"2,{claim(3)}"]
    sheet = book({"a": cells(*lines)})
    for name, content in ((CLAIM, csv(*lines)), (CLAIM.replace(".csv", ".xlsx"), sheet)):
        outcome = check("benefit_claim", name, content, region).outcomes[0]
        assert (outcome.rows_total, outcome.rows_accepted) == (2, 2)
        assert [note.zh for note in outcome.notes] == ["第 3 行是合计行，不计为数据行。"]


def test_a_total_stays_a_value_of_the_groups_and_occupations_of_a_publisher(region: Region) -> None:
    rows = [
        "weekly_claims,371500,合计,合计,2020-03-01,月,3034,人数",
        "weekly_claims,371500,女,合计,2020-03-01,月,1500,人数",
    ]
    outcome = check("aggregate_series", SERIES, csv(SERIES_HEADER, *rows), region).outcomes[0]
    assert (outcome.status, outcome.rows_accepted, outcome.notes) == ("accepted", 2, ())
