"""What the forecaster keeps between runs saves time and decides nothing, whatever becomes of its files."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from models import assess as judging
from models import causal
from models.assess import Memory, assess
from models.methods import SEASONAL
from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import Grain
from pipelines.warehouse import model_state as keeping
from pipelines.warehouse.model_state import MemoryFolder
from tests.house import ROOT, House
from tests.tier import IS_LONG
from tests.unit.model_city import calendar, daily_city

DAYS = 120
CITY, TABLE = daily_city(DAYS), calendar("2021-01-01", DAYS + 120)
RUNS = ("2026-11-01", "2026-11-02")


def remembered(house: House) -> list[Path]:
    return sorted((house.data / "memory").glob("*.memory"))


def of_days(paths: list[Path]) -> int:
    """How many are of counts by day (or their cohorts and tags): asked at every edition, others when files have come."""
    return sum(catalogue()[path.stem.split(".")[0]].grains[0] is Grain.DAY for path in paths)


def rewrite(path: Path, content: bytes) -> None:
    """Houses share the file."""
    path.unlink()
    path.write_bytes(content)


@pytest.mark.xdist_group("replay")
def test_days_with_what_is_remembered_and_days_without_it_end_in_the_same_tables(
    replayed: House, next_day: House, house: Callable[[House], House]
) -> None:
    """Only this finds a figure of a real run that hangs on whether its forecaster was remembered."""
    with_it, damaged = house(next_day), house(replayed)
    assert {path.stem for path in remembered(replayed)} >= {"benefit_claim", "benefit_claim.cohort", "insured_leave"}
    for day in RUNS if IS_LONG else RUNS[:1]:
        if day != RUNS[0]:  # which has been run
            assert "learnt again" not in with_it.gangshao("run", "--day", day).stderr
        lost, *others = remembered(damaged)
        lost.unlink()
        for path in others:
            rewrite(path, path.read_bytes()[:-1] + b"?")
        said = damaged.gangshao("run", "--day", day).stderr
        assert said.count("damaged: everything is learnt again") == of_days(others) >= 4
    assert with_it.hashes() == damaged.hashes()
    assert {path.stat().st_mode & 0o777 for path in remembered(with_it)} == {0o600}
    assert not [path for path in (with_it.data / "memory").iterdir() if path.suffix != ".memory"]


@pytest.mark.xdist_group("replay")
def test_a_region_that_changes_its_method_learns_again_once(
    replayed: House, next_day: House, house: Callable[[House], House], tmp_path: Path
) -> None:
    changed = house(replayed)
    region = tmp_path / "region"
    shutil.copytree(ROOT / "data" / "regions" / "liaocheng", region)
    settings = region / "region.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('"level_factor"', '"seasonal"'), encoding="utf-8")
    changed.environment["GANGSHAO_REGION"] = str(region)
    asked = of_days(remembered(changed))
    assert changed.gangshao("run", "--day", RUNS[0]).stderr.count("is of the method level_factor") == asked >= 5
    one, other = changed.hashes(), next_day.hashes()
    assert one["warehouse.score"] != other["warehouse.score"]
    assert one["warehouse.reading"] == other["warehouse.reading"]
    assert "learnt again" not in changed.gangshao("run", "--day", RUNS[1]).stderr


@pytest.fixture
def folder(tmp_path: Path) -> MemoryFolder:
    """The city of the day before is remembered."""
    folder = MemoryFolder(tmp_path / "memory")
    folder.save("claims", assess(CITY.until(DAYS - 2), TABLE)[1])
    return folder


def test_the_next_day_costs_two_columns(folder: MemoryFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    columns: list[int] = []
    refit = causal.refit

    def counted(state: causal.State, *arguments: object) -> causal.State:
        columns.append(state.column)
        return refit(state, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(judging.causal, "refit", counted)
    found, _ = assess(CITY, TABLE, folder.load("claims", "level_factor"))
    assert columns == [DAYS - 1]
    anew, _ = assess(CITY, TABLE)
    assert len(columns) == DAYS + 1
    pd.testing.assert_frame_equal(found.score, anew.score, check_exact=True)
    pd.testing.assert_frame_equal(found.forecast, anew.forecast, check_exact=True)


def loaded(folder: MemoryFolder, caplog: pytest.LogCaptureFixture) -> tuple[Memory | None, list[str]]:
    caplog.clear()
    with caplog.at_level(logging.INFO, keeping.__name__):
        return folder.load("claims", "level_factor"), [record.getMessage() for record in caplog.records]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda content: content[: len(content) // 2],
    "empty": lambda _: b"",
    "one bit of the data": lambda content: content[:-2000] + bytes([content[-2000] ^ 1]) + content[-1999:],
    "one bit of the version": lambda content: content[:14] + bytes([content[14] ^ 1]) + content[15:],
    "something else": lambda _: b"a\nb",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_told_in_one_line_and_is_as_good_as_none(
    damage: str, folder: MemoryFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert loaded(folder, caplog)[0] is not None
    path = tmp_path / "memory" / "claims.memory"
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    found, said = loaded(folder, caplog)
    assert found is None
    assert len(said) == 1
    assert "learnt again" in said[0]


def test_a_file_of_another_version_or_none_is_told_in_one_line(
    folder: MemoryFolder, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(keeping, "_version", lambda: "another recipe")
        found, said = loaded(folder, caplog)
        assert (found, len(said)) == (None, 1)
        assert "another version" in said[0]
    assert loaded(folder, caplog)[0] is not None
    folder.forget()
    found, said = loaded(folder, caplog)
    assert (found, said) == (None, ["nothing is remembered of claims"])


def test_what_another_method_remembers_is_told_in_one_line_and_is_as_good_as_none(
    folder: MemoryFolder, caplog: pytest.LogCaptureFixture
) -> None:
    assert folder.load("claims", "seasonal") is None
    assert "is of the method level_factor: everything is learnt again" in caplog.text
    folder.save("claims", assess(CITY, TABLE, None, SEASONAL)[1])
    assert folder.load("claims", "level_factor") is None
    assert folder.load("claims", "seasonal") is not None


def test_a_folder_that_cannot_be_written_stops_nothing(
    folder: MemoryFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = (tmp_path / "memory" / "claims.memory").read_bytes()
    (tmp_path / "memory" / ".claims.memory.part").mkdir()
    folder.save("claims", assess(CITY, TABLE)[1])
    assert "cannot be written" in caplog.text
    assert (tmp_path / "memory" / "claims.memory").read_bytes() == before
