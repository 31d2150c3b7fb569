"""For files of every feed, built from its contract: each record is accepted or quarantined, on the line it begins on."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.core.domain import Grain
from pipelines.core.region.load import Region
from pipelines.feeds import contracts
from pipelines.feeds.contract import Column, Contract, Kind
from pipelines.formcheck.form_check import Checked, Checker
from pipelines.formcheck.parsing.submission import submission_of
from tests.tier import IS_LONG

EXAMPLES = 150 if IS_LONG else 12
UNIT = "371521"
# Cells of which nobody can say beforehand what becomes of the row; a signature or a total would be no row at all.
ODD = st.sampled_from(
    ["", " ", "　", '"', 'he said "no"', "a,b", "two\nlines", "1,234", "１２", "1.2万", "3.5%", "-5", "=1+1", "#REF!",
     "'371521", "null", "2020年3月5日", "43895", "TRUE", "１", "é", "𠮷"]
) | st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="合小总填制单审负注"), min_size=1, max_size=12)  # fmt: skip
PLAIN = st.sampled_from(["", " ", '"', "a,b", "two\nlines", "-5", "x"])
"""For feeds whose files are refused whole when anything looks like a person's or a device's number."""
WRONG = {
    Kind.IDENTITY: "371521198501010000", Kind.EMPLOYER_CODE: "91371500000000000Z", Kind.AREA: "379999",
    Kind.INDUSTRY: "ZZ", Kind.INT: "many", Kind.NUMBER: "much", Kind.DAY: "2020-13-45", Kind.MONTH: "202013",
    Kind.CHOICE: "neither", Kind.CODE: "no such code", Kind.CODES: "no such code", Kind.YES_NO: "perhaps",
}  # fmt: skip
"""What no column of the kind takes."""
CELL, LINE, BLANK, GOOD = "a cell is wrong", "a field too many", "blank", "good"


@dataclass(frozen=True)
class Record:
    """A record as a sender writes it: ``fate`` is what was done to it, "odd" where nobody knows what it becomes."""

    fate: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Written:
    """A file, and the line on which each record begins (blank lines are no records)."""

    content: bytes
    lines: dict[int, Record]


def shown(contract: Contract) -> list[Column]:
    return [column for column in contract.columns if column.example or not column.may_be_absent]


def records(contract: Contract) -> st.SearchStrategy[list[Record]]:
    """Records made from the contract's own example row, most of them spoiled in one way or another."""
    columns = shown(contract)
    example = [column.example for column in columns]
    places = st.integers(0, len(columns) - 1)
    sure = [at for at, column in enumerate(columns) if column.kind in WRONG]

    def changed(change: dict[int, str]) -> tuple[str, ...]:
        return tuple(change.get(at, cell) for at, cell in enumerate(example))

    odd = st.dictionaries(places, PLAIN if contract.forbids_identifiers else ODD, min_size=1, max_size=3)
    return st.lists(
        st.one_of(
            st.just(Record(GOOD, tuple(example))),
            odd.map(lambda change: Record("odd", changed(change))),
            st.sampled_from(sure).map(lambda at: Record(CELL, changed({at: WRONG[columns[at].kind]}))),
            st.just(Record(LINE, (*example, "more"))),
            st.sampled_from([Record(BLANK, ()), Record(BLANK, ("",) * len(columns))]),
        ),
        max_size=14,
    )


def written(contract: Contract, rows: list[Record], encoding: str, line_end: str) -> Written:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=line_end)
    writer.writerow([column.header for column in shown(contract)])
    lines: dict[int, Record] = {}
    for record in rows:
        if record.fate != BLANK:
            lines[text.getvalue().count("\n") + 1] = record
        if record.cells:
            writer.writerow(record.cells)
        else:
            text.write(line_end)
    return Written(text.getvalue().encode(encoding), lines)


@pytest.fixture(scope="module")
def checker(region: Region) -> Iterator[Checker]:
    opened = Checker(region, None)
    yield opened
    opened.close()


def checked(checker: Checker, contract: Contract, region: Region, content: bytes) -> Checked:
    period = contract.column(contract.period_column).example if contract.period_column else "202003"
    digits = period.replace("-", "")[: 6 if contract.grain is Grain.MONTH else 8]
    sender = region.feeds.set_index("feed").loc[contract.feed, "sender_level"]
    name = f"{contract.feed}_{UNIT if sender == 'unit' else region.city}_{digits}.csv"
    return checker.check(contract, [submission_of(content, name, contract, region)])


@pytest.mark.parametrize("feed", contracts())
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(data=st.data())
def test_every_record_is_accepted_or_quarantined_on_its_own_line(
    feed: str, checker: Checker, region: Region, data: st.DataObject
) -> None:
    contract = contracts()[feed]
    file = written(
        contract, data.draw(records(contract)), data.draw(st.sampled_from(["utf-8-sig", "utf-8", "gb18030"])),
        data.draw(st.sampled_from(["\r\n", "\n"])),
    )  # fmt: skip
    answer = checked(checker, contract, region, file.content)
    (outcome,) = answer.outcomes
    accepted = answer.accepted.column("line_number").to_pylist()
    quarantined = set(answer.quarantined.column("line_number").to_pylist())
    assert sorted([*accepted, *quarantined]) == sorted(file.lines)
    assert (len(accepted), len(quarantined)) == (outcome.rows_accepted, outcome.rows_quarantined)
    assert outcome.rows_total == len(file.lines)
    assert {line for line, record in file.lines.items() if record.fate in {CELL, LINE}} <= quarantined
    if outcome.status == "accepted" and not contract.key:
        assert {line for line, record in file.lines.items() if record.fate == GOOD} <= set(accepted)
    if outcome.status == "accepted" and contract.key:  # the example's key counts once
        good = [line for line, record in file.lines.items() if record.fate == GOOD]
        odd = [line for line, record in file.lines.items() if record.fate == "odd"]
        assert not good or len(set(good) & set(accepted)) == 1 or set(odd) & set(accepted)


@pytest.mark.parametrize("feed", contracts())
def test_one_record_of_each_kind_meets_its_fate(feed: str, checker: Checker, region: Region) -> None:
    """The property above would be empty if all records were refused, or none."""
    contract = contracts()[feed]
    columns = shown(contract)
    example = tuple(column.example for column in columns)
    at = next(place for place, column in enumerate(columns) if column.kind in WRONG)
    wrong = (*example[:at], WRONG[columns[at].kind], *example[at + 1 :])
    rows = [Record(GOOD, example), Record(BLANK, ()), Record(CELL, wrong), Record(LINE, (*example, "more"))]
    answer = checked(checker, contract, region, written(contract, rows, "utf-8-sig", "\r\n").content)
    is_whole = contract.refuse_from <= 3  # so short a form goes back whole when a row is wrong
    assert answer.accepted.column("line_number").to_pylist() == ([] if is_whole else [2])
    assert sorted(answer.quarantined.column("line_number").to_pylist()) == ([2, 4, 5] if is_whole else [4, 5])
    assert answer.outcomes[0].status == ("refused" if is_whole else "accepted")
