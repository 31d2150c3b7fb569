"""What the sender says beside a file: it stands for name and lines that say nothing, and must not be contradicted."""

import csv as reader
import io
from dataclasses import replace
from datetime import date

import pytest

from pipelines.core.domain import Grain
from pipelines.core.region.load import load
from pipelines.feeds import contracts
from pipelines.feeds.contract import Slice
from pipelines.formcheck.error_report import LINE, PROBLEM, error_rows
from pipelines.formcheck.form_check import Checker
from pipelines.formcheck.parsing.submission import Submission, submission_of
from tests.pipeline.ingest_place import CLAIM_HEADER, REGION, claim, csv

CONTRACT, PLACES = contracts()["benefit_claim"], load(REGION)
MEANT = Slice("371521", date(2020, 3, 5), Grain.DAY, 2, is_supplement=False)


def drop(*lines: str, name: str = "三月.csv", meant: Slice = MEANT) -> Submission:
    return submission_of(csv(*lines, CLAIM_HEADER, claim(1)), name, CONTRACT, PLACES, meant=meant)


def test_a_silent_file_speaks_for_what_is_meant() -> None:
    assert drop().named == MEANT
    assert drop().refusal is None
    assert drop("报送单位：阳谷县", "报送期间：2020-03-05").named == MEANT


def test_a_version_that_the_file_states_counts() -> None:
    stated = drop("报送版本：5").named
    assert stated is not None
    assert (stated.version, stated.has_version) == (5, True)
    by_name = drop(name="benefit_claim_371521_20200305_v4.csv").named
    assert by_name is not None
    assert by_name.version == 4


@pytest.mark.parametrize(
    ("lines", "name", "words"),
    [
        (("报送单位：莘县",), "x.csv", "您的选择与表头上方写的报送单位不一致：您的选择为“371521”，表中为“371522”"),
        (("报送期间：2020-03-06",), "x.csv", "报送期间"),
        ((), "benefit_claim_371522_20200305.csv", "您选择的报送单位是“371521”"),
        ((), "benefit_claim_371521_20200306.csv", "您选择的报送期间是“2020-03-05”"),
        ((), "benefit_claim_371521_20200305_supplement.csv", "您选择的补报是“否”"),
    ],
)
def test_what_contradicts_the_choice_is_refused_in_words_of_the_sender(
    lines: tuple[str, ...], name: str, words: str
) -> None:
    refusal = drop(*lines, name=name).refusal
    assert refusal is not None
    assert words in refusal.zh


def test_a_supplement_is_one_only_where_the_file_does_not_deny_it() -> None:
    meant = replace(MEANT, is_supplement=True)
    assert drop(meant=meant).named == meant
    denied = drop("补报：否", meant=meant).refusal
    assert denied is not None
    assert "补报" in denied.zh


def test_the_error_rows_keep_lines_above_columns_and_rows_and_can_be_sent_again() -> None:
    content = csv("单位：人", f"{CLAIM_HEADER},备注", f"{claim(1)},=1+1", f"{claim(2, reason='77')},-3.2", '"断')
    found = submission_of(content, "x.csv", CONTRACT, PLACES, meant=MEANT)
    checker = Checker(PLACES, None)
    try:
        checked = checker.check(CONTRACT, [found])
        made = error_rows(CONTRACT, found, checked, PLACES)
        rows = list(reader.reader(io.StringIO(made.decode("utf-8-sig"))))
        assert rows[0] == ["单位：人"]
        assert rows[1] == [*CLAIM_HEADER.split(","), "备注", PROBLEM, LINE]
        assert rows[2][9:] == ["'=1+1", "", "3"]
        assert rows[3][9] == "-3.2"
        assert "“77”不在代码表中" in rows[3][10]
        assert "引号没有闭合" in rows[4][10]
        again = checker.check(CONTRACT, [submission_of(made, "x_问题.csv", CONTRACT, PLACES, meant=MEANT)])
        assert again.outcomes[0].rows_accepted == 1
        assert set(again.outcomes[0].ignored) == {"备注", PROBLEM, LINE}
    finally:
        checker.close()


def test_a_table_that_cannot_be_read_has_no_error_rows() -> None:
    found = submission_of(b"a,b\n1,2\n", "x.csv", CONTRACT, PLACES, meant=MEANT)
    checker = Checker(PLACES, None)
    try:
        assert error_rows(CONTRACT, found, checker.check(CONTRACT, [found]), PLACES) == b""
    finally:
        checker.close()
