"""Warnings whose evidence was corrected by a later file: closed as that, in the edition that knows of it."""

from datetime import date
from pathlib import Path

import pytest

from tests import tier
from tests.house import House
from tests.pipeline.spoiled import sheet
from tests.pipeline.spoiled_warnings import HEADER, employer, report

pytestmark = pytest.mark.xdist_group("replay")
AREA, DISMISSED, RETIRED = "371581", "11", "05"
EDITIONS = [date(2026, 10, number) for number in range(28, 32)]


def received(house: House, feed: str, period: str, day: str, version: str) -> Path:
    folder = house.data / "inbox" / feed / day
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{feed}_{AREA}_{period}{version}.csv"


def miscoded(house: House, files: Path, period: str, day: str) -> None:
    """A county's leaves of a day sent again with a dozen retirements among them, coded as dismissals until 2026-10-30."""
    (path,) = (files / "insured_event").glob(f"*/insured_event_{AREA}_{period}.csv")
    found = sheet(path)
    left = next(place for place in range(len(found.rows)) if found.at(place, "增减类型") == "减员")
    kept = found.rows
    for code, at, version in ((DISMISSED, day, "_v2"), (RETIRED, "2026-10-30", "_v3")):
        found.rows = kept + [
            found.changed(left, 业务流水号=f"ANEW{period}{number}", 行业代码="C", 原因代码=code) for number in range(12)
        ]
        found.save(received(house, "insured_event", period, at, version))


@pytest.fixture(scope="module")
def sent(stocked: House, files: Path, tmp_path_factory: pytest.TempPathFactory) -> House:
    """Leaves and a layoff report that a county corrects after they have opened warnings; nothing is computed yet."""
    house = stocked.copy(tmp_path_factory.mktemp("anew") / "house")
    for period, day in (("20261026", "2026-10-27"), ("20261027", "2026-10-28")):
        miscoded(house, files, period, day)
    for day, version, planned in (("2026-10-27", "", 40), ("2026-10-30", "_v2", 4)):
        path = received(house, "layoff_report", "20261026", day, version)
        rows = [
            report(1, AREA, "C", 300, planned, "2026-09-20", "2026-10-26", "2026-11-20"),
            report(2, AREA, "C", 300, 40, "2026-09-20", "2026-10-26", "2026-11-20"),
        ]
        path.write_text("\n".join(",".join(line) for line in [HEADER, *rows]) + "\n", "utf-8-sig")
    house.gangshao("ingest", "--backfill")
    return house


@pytest.fixture(scope="module")
def run(sent: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    house = sent.copy(tmp_path_factory.mktemp("replayed") / "house")
    house.gangshao("run", "--from", str(EDITIONS[0]), "--to", str(EDITIONS[-1]))
    return house


def warnings(
    house: House, rule_id: str, key: str = "coalesce(employer, area || industry)"
) -> dict[object, tuple[object, ...]]:
    """Of each series or employer: status, why it closed, and whether that was after it opened."""
    rows = house.ask(
        f"select {key}, status, close_reason, closed_on > opened_on from episode "
        f"where known_to is null and rule_id = '{rule_id}'"
    )
    return {key: tuple(rest) for key, *rest in rows}


OPEN, REVISED = ("open", None, None), ("closed", "revision", True)


def test_a_rise_that_a_corrected_file_takes_away_is_closed_as_that_and_no_other_is(run: House) -> None:
    rules = ("dismissal_spike", "dismissal_spike_cell")
    told = {key: said for rule in rules for key, said in warnings(run, rule, "area || industry").items()}
    assert told.pop(f"{AREA}C") == REVISED
    assert len(told) > 1
    assert set(told.values()) == {OPEN}


def test_a_report_corrected_below_the_line_closes_its_warning_as_that_and_no_other(run: House) -> None:
    told = warnings(run, "employer_layoff")
    assert told.pop(employer(1)) == REVISED
    assert set(told.values()) == {OPEN}
    assert employer(2) in told
    assert warnings(run, "several_employers_layoff") == {"371500C": REVISED}


@tier.long
def test_days_one_by_one_end_as_in_one_replay(sent: House, run: House, tmp_path: Path) -> None:
    house = sent.copy(tmp_path / "house")
    for day in EDITIONS:
        house.gangshao("run", "--day", str(day))
    assert house.hashes() == run.hashes()
