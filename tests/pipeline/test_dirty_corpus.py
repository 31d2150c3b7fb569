"""Files with the flaws that senders' files have: what becomes of each stands beside them, in dirty/expected.csv."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipelines.core.region.load import Region, load
from pipelines.feeds import contracts
from pipelines.formcheck.form_check import Checked, Checker, check
from pipelines.formcheck.parsing.submission import submissions_of
from pipelines.formcheck.validation.file_result import FileOutcome
from tests.pipeline.dirty_maker import archives, texts, workbooks, writings
from tests.pipeline.ingest_place import REGION, Place

FOLDER = Path(__file__).parent / "dirty"


@dataclass
class Expected:
    """What is to become of one drop; ``told`` are (line, column, rule) to the phrases its sentences must hold."""

    feed: str
    slice: str
    status: str
    rows: tuple[int, int, int]
    told: list[tuple[str, str, str, str]] = field(default_factory=list)


def read_expected() -> dict[str, dict[str, Expected]]:
    """Per file of the corpus, its drops by name."""
    found: dict[str, dict[str, Expected]] = defaultdict(dict)
    with (FOLDER / "expected.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            folder, name = row["file"].split("/", 1)
            file = f"{folder}/{name.split('/')[0]}"
            counts = (int(row["rows_total"]), int(row["rows_accepted"]), int(row["rows_quarantined"]))
            drop = found[file].setdefault(name, Expected(row["feed"], row["slice"], row["status"], counts))
            if row["rule"]:
                drop.told.append((row["line"], row["column"], row["rule"], row["phrase"]))
    return found


EXPECTED = read_expected()


@pytest.fixture(scope="module")
def region() -> Region:
    return load(REGION)


def slice_shown(outcome: FileOutcome) -> str:
    named = outcome.named
    if named is None:
        return ""
    version = f" v{named.version}" if named.version > 1 else ""
    return f"{named.sender} {named.period.isoformat()}{version}{' 补' if named.is_supplement else ''}"


def told(checked: Checked, outcome: FileOutcome) -> list[tuple[str, str, str, str]]:
    """Every sentence about a drop, with its place and rule."""
    found = [("", "", "note", note.zh) for note in outcome.notes]
    found += [("", "", "ignored", header) for header in outcome.ignored]
    if outcome.reason and not outcome.rows_total:
        found.append(("", "", "refused", outcome.reason))
    for row in checked.quarantined.to_pylist():
        if row["drop_id"] == outcome.drop_id:
            found.append((str(row["line_number"]), row["column_name"] or "", row["rule"], row["reason"]))
    return found


def test_the_corpus_holds_at_least_sixty_files_and_says_of_each_what_becomes_of_it() -> None:
    files = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()} - {"expected.csv"}
    assert files == set(EXPECTED)
    assert len(files) >= 60


def test_the_files_are_those_of_the_maker() -> None:
    assert set(texts() | writings() | workbooks() | archives()) == set(EXPECTED)
    for name, content in (texts() | writings()).items():  # packed files differ with the packing library's version
        assert (FOLDER / name).read_bytes() == content, name


@pytest.fixture(scope="module")
def checker(region: Region) -> Iterator[Checker]:
    """One checker for all files, as an ingest has: a new one for each file would be most of the time."""
    made = Checker(region, None)
    yield made
    made.close()


@pytest.mark.requirement("M4", "5.2.2", "5.2.3", "5.3.2")
@pytest.mark.parametrize("file", sorted(EXPECTED))
def test_what_becomes_of_a_dirty_file(file: str, region: Region, checker: Checker) -> None:
    path = FOLDER / file
    feed = next(iter(EXPECTED[file].values())).feed
    drops = submissions_of(path.read_bytes(), path.name, contracts()[feed], region)
    names = [drop.file_name for drop in drops]
    checked = checker.check(contracts()[feed], drops)
    assert names == list(EXPECTED[file])
    for outcome, expected in zip(checked.outcomes, EXPECTED[file].values(), strict=True):
        rows = (outcome.rows_total, outcome.rows_accepted, outcome.rows_quarantined)
        assert (slice_shown(outcome), outcome.status, rows) == (expected.slice, expected.status, expected.rows)
        assert outcome.rows_total == outcome.rows_accepted + outcome.rows_quarantined
        found = told(checked, outcome)
        assert Counter(item[:3] for item in found) == Counter(item[:3] for item in expected.told)
        for *place, phrase in expected.told:
            assert any([*item[:3]] == place and phrase in item[3] for item in found), (place, phrase, found)


@pytest.mark.parametrize(
    ("file", "column", "values"),
    [
        ("figures_in_every_writing/insured_headcount_371521_202003.csv", "insured", [1234, 12, 12, 5000, 300, 12000, 7, 8, 12]),
        ("unit_in_the_header/insured_headcount_371521_202003.csv", "insured", [1200, 10000, 40]),
        ("unit_above_the_header/insured_headcount_371521_202003.csv", "insured", [120, 300]),
        ("xlsx_form/三月参保.xlsx", "insured", [12, 30]),
        ("xls_numbers/insured_headcount_371521_202003.xls", "insured", [12]),
        ("xlsx_yes_and_no_as_truth/insured_headcount_371521_202003.xlsx", "is_deferred", [False, True]),
        ("invisible_characters/benefit_claim_371521_20200305.csv", "area", ["371521"] * 5),
        ("numbers_excel_has_spoilt/benefit_claim_371521_20200305.csv", "reason", ["11", "11"]),
        ("full_width_signs/benefit_claim_371521_20200305.csv", "industry", ["C"] * 5),
    ],
)  # fmt: skip
def test_what_a_dirty_cell_means(file: str, column: str, values: list[object], region: Region) -> None:
    accepted = check(
        next(iter(EXPECTED[file].values())).feed, Path(file).name, (FOLDER / file).read_bytes(), region
    ).accepted
    assert accepted.sort_by("line_number").column(column).to_pylist() == values


def test_every_day_is_read_in_every_writing(region: Region) -> None:
    path = FOLDER / "days_in_every_writing" / "benefit_claim_371521_20200305.csv"
    accepted = check("benefit_claim", path.name, path.read_bytes(), region).accepted
    days = {(str(row["unemployed_on"]), str(row["filed_on"])) for row in accepted.to_pylist()}
    assert days == {("2020-02-20", "2020-03-05")}


def test_the_corpus_through_the_inbox_gives_the_same_counts(tmp_path: Path, region: Region) -> None:
    place = Place.at(tmp_path, region)
    drops = [(file, name, expected) for file, found in EXPECTED.items() for name, expected in found.items()]
    for number, file in enumerate(sorted(EXPECTED)):
        feed = next(iter(EXPECTED[file].values())).feed
        # A file a day, so that none supersedes another; the same content under one slice is one drop.
        place.drop(
            feed, f"2020-{4 + number // 28:02d}-{1 + number % 28:02d}", Path(file).name, (FOLDER / file).read_bytes()
        )
    report = place.ingest()
    assert not place.files()
    assert report.files == len(drops)
    registered = Counter(
        place.rows("select feed, file_name, rows_total, rows_accepted, rows_quarantined from drop_register")
    )
    distinct = {(expected.feed, name, *expected.rows) for _, name, expected in drops}
    assert set(registered) <= distinct
    assert sum(registered.values()) == report.files - report.duplicates
    assert report.rows_total == report.rows_accepted + report.rows_quarantined
    facts = sum(int(str(place.rows(f"select count(*) from {feed}")[0][0])) for feed in {e.feed for *_, e in drops})
    assert facts == report.rows_accepted
