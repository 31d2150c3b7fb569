"""Whatever bytes come, the check answers: never an exception, and rows in are accepted plus quarantined.

Every example of every test here is asserted of by ``Judge.assert_answered``. Ten seconds in `make test`; a minute a test
in `make torture`.
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.core.region.load import Region, load
from pipelines.feeds import contracts
from pipelines.formcheck.form_check import Checker
from pipelines.formcheck.parsing.submission import submissions_of
from tests.pipeline.ingest_place import CLAIM_HEADER, REGION, claim
from tests.tier import IS_LONG

FOLDER = Path(__file__).parent / "dirty"
SECONDS = 60.0 if IS_LONG else 2.0
FUZZ = settings(
    max_examples=12,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.nested_given],
)
CLAIMS = "benefit_claim_371521_20200305"
GOOD = {
    path.parent.name: path.read_bytes()
    for path in sorted(FOLDER.rglob("*"))
    if path.is_file() and path.parent.name in {
        "utf8", "gb18030", "utf16", "tabs", "quoted_newline", "totals_and_signatures", "slice_above_the_header",
        "figures_in_every_writing", "two_line_header", "xls", "xlsx_form", "xlsx_several_sheets", "zip",
    }
}  # fmt: skip
PACKED = {name: content for name, content in GOOD.items() if content.startswith(b"PK")}


class Judge:
    """Checks one file after the other, and what must hold of every answer."""

    def __init__(self, region: Region) -> None:
        self._region, self._checker = region, Checker(region, None)

    def assert_answered(self, content: bytes, name: str, feed: str = "benefit_claim") -> None:
        drops = submissions_of(content, name, contracts()[feed], self._region)
        checked = self._checker.check(contracts()[feed], drops)
        assert len(checked.outcomes) == len(drops)
        for outcome in checked.outcomes:
            assert outcome.rows_total == outcome.rows_accepted + outcome.rows_quarantined
            assert (outcome.status == "refused") == bool(outcome.reason)
        assert checked.accepted.num_rows == sum(outcome.rows_accepted for outcome in checked.outcomes)
        refused = {(row["drop_id"], row["line_number"]) for row in checked.quarantined.to_pylist()}
        assert len(refused) == sum(outcome.rows_quarantined for outcome in checked.outcomes)
        accepted = set(
            zip(*(checked.accepted.column(name).to_pylist() for name in ("drop_id", "line_number")), strict=True)
        )
        assert not refused & accepted

    def close(self) -> None:
        self._checker.close()


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    made = Judge(load(REGION))
    yield made
    made.close()


@st.composite
def mutations(draw: st.DrawFn) -> list[tuple[float, int, bytes]]:
    """Where, as a share of the length, how many bytes go, and what comes instead."""
    what = st.one_of(
        st.binary(max_size=8),
        st.sampled_from([b"", b"\n", b"\r", b'"', b",", b"\t", b"\x00", b"\xff", b"\xff\xff\xff\xff", b"\xef\xbb\xbf",
                         "合计".encode(), "报送期间：".encode(), "万".encode(), "（万人）".encode(), b"PK\x05\x06", b"<", b"A1048576"]),
    )  # fmt: skip
    return draw(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), what), min_size=1, max_size=6))


def mutated(content: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    for share, length, new in changes:
        at = int(share * len(content))
        content = content[:at] + new + content[at + length :]
    return content


CELL = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["371521", "阳谷县", "2020-03-05", "43895", "１２", "1.2万", "3%", "合计", "填报人：甲某", "示例", '"', "'", "11", "C", "是", "1,234",
                     "3.71521E+17", "报送单位：阳谷县", "单位：万元", "\ufeff", "\u200b", *CLAIM_HEADER.split(",")]),
)  # fmt: skip


def repeat(check: Callable[[], None]) -> None:
    """Round after round of examples until the time is up; at least one."""
    until = monotonic() + SECONDS
    check()
    while monotonic() < until:
        check()


@pytest.mark.requirement("5.2.2")
def test_arbitrary_bytes_are_answered(judge: Judge) -> None:
    @FUZZ
    @given(content=st.binary(max_size=400), name=st.sampled_from([f"{CLAIMS}.csv", f"{CLAIMS}.xlsx", "x.zip", "无名"]))
    def answered(content: bytes, name: str) -> None:
        judge.assert_answered(content, name)

    repeat(answered)


def test_arbitrary_tables_are_answered(judge: Judge) -> None:
    @FUZZ
    @given(
        rows=st.lists(st.lists(CELL, max_size=12), max_size=12),
        separator=st.sampled_from([",", "\t", ";", "|"]),
        encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
        has_header=st.booleans(),
    )
    def answered(rows: list[list[str]], separator: str, encoding: str, has_header: bool) -> None:
        lines = [separator.join(row) for row in rows]
        if has_header:
            good = [CLAIM_HEADER.replace(",", separator), claim(1).replace(",", separator)]
            lines[len(lines) // 2 : len(lines) // 2] = good
        judge.assert_answered("\n".join(lines).encode(encoding, errors="ignore"), f"{CLAIMS}.csv")

    repeat(answered)


def test_damaged_files_are_answered(judge: Judge) -> None:
    @FUZZ
    @given(base=st.sampled_from(sorted(GOOD)), changes=mutations(), is_headcount=st.booleans())
    def answered(base: str, changes: list[tuple[float, int, bytes]], is_headcount: bool) -> None:
        feed = "insured_headcount" if is_headcount else "benefit_claim"
        judge.assert_answered(mutated(GOOD[base], changes), "上报.csv" if is_headcount else f"{CLAIMS}.csv", feed)

    repeat(answered)


def test_damaged_parts_of_packed_files_are_answered(judge: Judge) -> None:
    """The packing is right, so that what is damaged reaches the reader of the format."""

    @FUZZ
    @given(base=st.sampled_from(sorted(PACKED)), changes=mutations(), number=st.integers(0, 12), clears=st.booleans())
    def answered(base: str, changes: list[tuple[float, int, bytes]], number: int, clears: bool) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(PACKED[base])) as source, zipfile.ZipFile(packed, "w") as target:
            parts = source.namelist()
            for name in parts:
                part = source.read(name)
                if name == parts[number % len(parts)]:
                    part = b"" if clears else mutated(part, changes)
                target.writestr(name, part)
        judge.assert_answered(packed.getvalue(), f"{CLAIMS}.xlsx")

    repeat(answered)
