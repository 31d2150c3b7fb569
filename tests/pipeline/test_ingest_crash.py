"""A crash at any step leaves before or after, and the next ingest ends where an undisturbed one does."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.core.region.load import Region
from tests.pipeline.ingest_place import CLAIM_HEADER, ROOT, Place, claim, claims, csv


class PowerCutError(BaseException):
    """Stops the ingest where it stands."""


def fill(place: Place) -> None:
    place.drop("benefit_claim", "2020-03-06", "benefit_claim_371521_20200305.csv", claims([1, 2, 3]))
    place.drop("benefit_claim", "2020-03-07", "benefit_claim_371521_20200305_v2.csv", claims([1, 2], "gb18030"))
    place.drop("benefit_claim", "2020-03-08", "benefit_claim_371521_20200305.csv", claims([1, 2, 3]))
    place.drop(
        "benefit_claim", "2020-03-08", "benefit_claim_371522_20200306.csv",
        csv(CLAIM_HEADER, claim(7, "371522", "2020-03-06"), claim(8, "379999", "2020-03-06")),
    )  # fmt: skip
    place.drop("vacancy", "2020-03-08", "vacancy_371500_20200306.csv", b"broken")
    place.drop("layoff_report", "2020-03-08", "layoff_report_371526_20200306.csv", csv("报告编号"))


@pytest.fixture(scope="module")
def undisturbed(
    region: Region, keys: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, str], list[str]]:
    place = Place.at(tmp_path_factory.mktemp("calm"), region, keys)
    fill(place)
    steps: list[str] = []
    place.ingest(progress=lambda what, _done, _total: steps.append(what))
    return place.hashes(), steps


def test_the_steps_cover_raw_list_transaction_and_inbox(undisturbed: tuple[dict[str, str], list[str]]) -> None:
    assert {what.split()[0] for what in undisturbed[1]} == {"留存", "登记", "写入", "采用", "移出"}
    assert len(undisturbed[1]) >= 20


@pytest.mark.parametrize("point", [0, 2, 3, 4, 5, 6, 8, 12, 14, 19])
def test_an_ingest_cut_at_a_step_is_completed_by_the_next(
    point: int, region: Region, keys: Path, tmp_path: Path, undisturbed: tuple[dict[str, str], list[str]]
) -> None:
    place = Place.at(tmp_path, region, keys)
    fill(place)
    left = min(point, len(undisturbed[1]) - 1)

    def cut(_what: str, _done: int, _total: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise PowerCutError

    with pytest.raises(PowerCutError):
        place.ingest(progress=cut)
    loaded = place.rows("select count(*), count(distinct drop_id) from benefit_claim")[0]
    assert loaded in {(0, 0), (6, 3)}, "a batch is in the warehouse whole or not at all"
    place.ingest()
    assert place.hashes() == undisturbed[0]
    assert not place.files()


KILLED = """
import os, signal, sys
from pathlib import Path
from pipelines.core.region.load import load
from tests.pipeline.ingest_place import REGION, Place
from tests.pipeline.test_ingest_crash import fill
place = Place.at(Path(sys.argv[1]), load(REGION), Path(sys.argv[2]))
fill(place)
def kill(what, done, total):
    if what.startswith(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
place.ingest(progress=kill)
"""


@pytest.mark.parametrize("step", ["登记", "写入", "移出"])
def test_a_killed_process_leaves_nothing_to_repair(
    step: str, region: Region, keys: Path, tmp_path: Path, undisturbed: tuple[dict[str, str], list[str]]
) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(keys), step]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    place = Place.at(tmp_path, region, keys)
    place.ingest()
    assert place.hashes() == undisturbed[0]
    assert not place.files()


def test_a_line_torn_off_the_list_of_drops_is_no_entry(region: Region, keys: Path, tmp_path: Path) -> None:
    place = Place.at(tmp_path, region, keys)
    place.drop("benefit_claim", "2020-03-06", "benefit_claim_371521_20200305.csv", claims([1]))
    place.ingest()
    with (place.settings.raw / "register.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"drop_id": "torn')
    place.drop("benefit_claim", "2020-03-07", "benefit_claim_371522_20200305.csv", claims([2], area="371522"))
    place.ingest()
    before = place.hashes()
    place.settings.warehouse.unlink()
    assert place.ingest().resumed == 2
    assert place.hashes() == before
