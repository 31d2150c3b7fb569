"""Every sample drop: rows in = accepted + quarantined, and each refused row says where and why."""

import csv
from pathlib import Path

import pytest

from pipelines.core.region.load import Region
from pipelines.feeds import contracts
from pipelines.formcheck.form_check import check

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "sample"


def rows(name: str) -> list[dict[str, str]]:
    with (SAMPLE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


FILES = rows("expected_file.csv")
REASONS = rows("expected_reason.csv")


def test_every_feed_has_samples_in_both_encodings_and_every_sample_is_expected(region: Region) -> None:
    expected = {(row["feed"], row["file_name"]) for row in FILES}
    assert {(path.parent.name, path.name) for path in SAMPLE.glob("*/*.csv")} == expected
    for feed in contracts():
        contents = [path.read_bytes() for path in (SAMPLE / feed).glob("*.csv")]
        assert {content.startswith(b"\xef\xbb\xbf") for content in contents} == {True, False}, feed


@pytest.mark.requirement("2.2.1")
@pytest.mark.parametrize("expected", FILES, ids=lambda row: row["file_name"])
def test_a_sample_is_accepted_and_refused_row_by_row_as_written(expected: dict[str, str], region: Region) -> None:
    feed, name = expected["feed"], expected["file_name"]
    checked = check(feed, name, (SAMPLE / feed / name).read_bytes(), region)
    (outcome,) = checked.outcomes
    counted = {
        "status": outcome.status,
        "rows_total": str(outcome.rows_total),
        "rows_accepted": str(outcome.rows_accepted),
        "rows_quarantined": str(outcome.rows_quarantined),
    }
    refused = checked.quarantined.to_pylist()
    assert counted == {key: expected[key] for key in counted}, (outcome.reason, refused)
    assert outcome.rows_total == outcome.rows_accepted + outcome.rows_quarantined
    assert checked.accepted.num_rows == outcome.rows_accepted
    assert len({row["line_number"] for row in refused}) == outcome.rows_quarantined

    said = {(str(row["line_number"]), row["column_name"] or "", row["reason"]) for row in refused}
    said |= {("", "", outcome.reason)} if outcome.reason else set()
    wanted = [row for row in REASONS if (row["feed"], row["file_name"]) == (feed, name)]
    for row in wanted:
        place = (row["line_number"], row["column_name"])
        assert any((line, column) == place and row["phrase"] in reason for line, column, reason in said), (row, said)
    named = {(row["line_number"], row["column_name"]) for row in wanted if row["line_number"]}
    if outcome.status == "accepted":
        assert {(line, column) for line, column, _ in said} == named, said
