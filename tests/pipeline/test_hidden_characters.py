"""Characters that change how a text looks are refused in cells and named in names and sentences; rare ones are kept."""

import pytest

from pipelines.core.region.load import Region
from pipelines.formcheck.form_check import check
from tests.pipeline.ingest_place import Place, csv
from tests.pipeline.test_misplaced_person_files import HEADCOUNT, ROW

FEED, NAME = "insured_headcount", "insured_headcount_371521_202001.csv"
HIDDEN = {
    "escape": "\x1b[2J", "bell": "\x07", "delete": "\x7f", "next line": "\x85", "right-to-left override": "\u202e",
    "embedding": "\u202a", "isolate": "\u2066", "end of isolate": "\u2069",
}  # fmt: skip
KEPT = {
    "private use of GB18030": "\ue000", "the last of the private use": "\uf8ff", "rare": "\U00020bb7", "plane 15": "\U000f0000"
}  # fmt: skip


def named(text: str) -> bytes:
    return csv(HEADCOUNT, ROW.replace("示例单位", f"示{text}例单位"))


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
def test_a_text_with_a_hidden_character_is_refused_and_shown_with_its_name(text: str, region: Region) -> None:
    checked = check(FEED, NAME, named(text), region)
    (row,) = checked.quarantined.to_pylist()
    assert row["column_name"] == "单位名称"
    assert "控制字符" in row["reason"]
    assert f"<U+{ord(text[0]):04X}>" in row["raw_masked"]
    assert text[0] not in str(row)


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_rare_character_is_kept_as_it_was_sent(text: str, encoding: str, region: Region) -> None:
    checked = check(FEED, NAME, csv(HEADCOUNT, ROW.replace("示例", f"示{text}例"), encoding=encoding), region)
    assert checked.accepted.column("employer_name").to_pylist() == [f"示{text}例单位"]


def test_hidden_characters_of_a_files_name_are_named_wherever_it_is_told(place: Place) -> None:
    place.drop(FEED, "2020-03-06", "三月\u202evsc\x1b[2J.csv", named(""))
    report = place.ingest()
    told = "\n".join(report.sentences) + str(place.rows("from drop_register"))
    assert "三月<U+202E>vsc<U+001B>[2J.csv" in told
    assert not {"\u202e", "\x1b"} & set(told)
    assert not place.files()


def test_hidden_characters_of_a_header_are_named_in_what_is_said_of_it(region: Region) -> None:
    content = csv(f"{HEADCOUNT},备\u202e注", f"{ROW},x")
    (outcome,) = check(FEED, NAME, content, region).outcomes
    assert "\u202e" not in str(outcome)
    assert outcome.rows_accepted == 1
