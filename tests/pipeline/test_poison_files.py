"""A file that ends or stops whoever opens it is refused alone: the batch goes on, and so does every later ingest."""

import io
import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pipelines.core.region.load import Region
from pipelines.formcheck.form_check import Checker
from pipelines.formcheck.parsing.confined import Limits, Opener
from pipelines.formcheck.validation.file_result import Checked
from pipelines.ingest import inbox
from pipelines.warehouse import store
from tests.pipeline.ingest_place import CLAIM_HEADER, ROOT, Place, claim, claims, csv

FEED = "benefit_claim"
NAME = "benefit_claim_371521_20200305.csv"
FINE = (Path(__file__).parent / "dirty" / "xlsx" / NAME).with_suffix(".xlsx").read_bytes()
FAR = {
    "quoted otherwise": "<row r='1048576'><c r='XFD1048576' t='inlineStr'><is><t>x</t></is></c></row>",
    "with blanks": '<row r="1048576"><c r = "XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>',
    "without places": f'<row r="1048576">{"<c><v>1</v></c>" * 16_384}</row>',
}
"""Cells at the far end of a sheet, in spellings that Excel does not use: their rectangle takes 550 GB."""


def poisoned(rows: str, content: bytes = FINE) -> bytes:
    """A workbook with rows added to its first sheet."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                part = part.replace(b"</sheetData>", rows.encode() + b"</sheetData>")
            target.writestr(name, part)
    return packed.getvalue()


INGEST = """
import sys
from pathlib import Path
from pipelines.core.region.load import load
from tests.pipeline.ingest_place import REGION, Place
print("\\n".join(Place.at(Path(sys.argv[1]), load(REGION)).ingest().sentences))
"""


def test_a_workbook_that_reaches_too_far_is_refused_and_the_others_are_taken(place: Place, tmp_path: Path) -> None:
    """In a process of its own, for such a workbook has ended the process that took it."""
    for day, rows in enumerate(FAR.values(), start=1):
        place.drop(FEED, "2020-03-06", f"benefit_claim_371521_202003{day:02d}.xlsx", poisoned(rows))
        place.drop("vacancy", "2020-03-06", f"vacancy_371500_202003{day:02d}.xlsx", poisoned(rows))
    place.drop(FEED, "2020-03-06", NAME, claims([1, 2, 3]))
    command = [sys.executable, "-c", INGEST, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "已中止" in done.stdout
    found = dict(place.rows("select status, count(*) from drop_register group by all"))
    assert found == {"accepted": 1, "refused": 6}
    reasons = [str(reason) for (reason,) in place.rows("select reason from drop_register where status = 'refused'")]
    assert sum("内存超过" in reason or "过大" in reason for reason in reasons) >= 4
    assert not place.files()
    assert not list(ROOT.glob("core*"))


def test_what_nobody_can_open_is_kept_sealed_for_its_owner_only(place: Place) -> None:
    place.drop("vacancy", "2020-03-06", "vacancy_371500_20200306.xlsx", poisoned(FAR["quoted otherwise"]))
    place.ingest()
    (path,) = (path for path in (place.settings.raw / "vacancy").rglob("*") if path.is_file())
    assert path.suffix == ".sealed"
    assert path.stat().st_mode & 0o077 == 0
    before = place.hashes()
    with store.connect(place.settings) as warehouse:
        inbox.rebuild(place.settings, place.region, warehouse)
    assert place.hashes() == before


def test_a_reader_that_hangs_is_stopped_and_the_next_file_is_read() -> None:
    opener = Opener(Limits(seconds=0.001))
    try:
        found = opener.open(FINE)
        assert found.refusal is not None
        assert "超过 0.001 秒" in found.refusal.zh
    finally:
        opener.close()


@pytest.mark.parametrize(
    ("limits", "said"),
    # The library may meet the end of its memory as a panic, which it has for damaged files as well.
    [(Limits(answer=100), "内存超过"), (Limits(memory=300 << 20), "内存超过|已损坏")],
    ids=["answer", "memory"],
)
def test_a_file_that_asks_for_too_much_is_refused_and_the_next_is_opened(limits: Limits, said: str) -> None:
    opener = Opener(limits)
    try:
        for _ in range(2):
            found = opener.open(poisoned("<row r='1048000'><c r='CV1048000'><v>1</v></c></row>"))
            assert found.refusal is not None
            assert re.search(said, found.refusal.zh)
    finally:
        opener.close()


def test_a_file_on_which_the_check_fails_is_refused_alone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Checker.check

    def failing(self: Checker, contract: object, drops: list[object]) -> Checked:
        if any(b"L007" in drop.content and drop.refusal is None for drop in drops):  # type: ignore[attr-defined]
            raise ValueError("as a library would")
        return original(self, contract, drops)  # type: ignore[arg-type]

    monkeypatch.setattr(Checker, "check", failing)
    for day in range(1, 6):
        place.drop(FEED, "2020-03-09", f"benefit_claim_371521_2020030{day}.csv",
                   csv(CLAIM_HEADER, claim(day, filed=f"2020-03-0{day}")))  # fmt: skip
    place.drop(FEED, "2020-03-09", "benefit_claim_371521_20200307.csv", csv(CLAIM_HEADER, claim(7, filed="2020-03-07")))
    report = place.ingest()
    assert (report.accepted, report.refused, place.files()) == (5, 1, set())
    assert place.rows("select reason from drop_register where status = 'refused'")[0][0].startswith("程序无法处理")  # type: ignore[attr-defined]
    assert place.rows("select count(*) from benefit_claim") == [(5,)]


DYING = """
import os, signal, sys
from pathlib import Path
from pipelines.ingest import guarded
from pipelines.formcheck.form_check import Checker
from pipelines.core.region.load import load
from tests.pipeline.ingest_place import REGION, Place

original, check = guarded.submissions_of, Checker.check

def opening(content, *rest):
    if b"L007" in content and sys.argv[2] == "opening":
        os.kill(os.getpid(), signal.SIGKILL)
    return original(content, *rest)

def checking(self, contract, drops):
    if any(b"L007" in drop.content and drop.refusal is None for drop in drops) and sys.argv[2] == "checking":
        os.kill(os.getpid(), signal.SIGKILL)
    return check(self, contract, drops)

guarded.submissions_of, Checker.check = opening, checking
Place.at(Path(sys.argv[1]), load(REGION)).ingest()
"""


@pytest.mark.parametrize("stage", ["opening", "checking"])
def test_a_file_that_ends_the_process_twice_is_not_opened_again(
    stage: str, place: Place, tmp_path: Path, region: Region
) -> None:
    for day in (5, 7):
        place.drop(FEED, "2020-03-09", f"benefit_claim_371521_2020030{day}.csv",
                   csv(CLAIM_HEADER, claim(day, filed=f"2020-03-0{day}")))  # fmt: skip
    command = [sys.executable, "-c", DYING, str(tmp_path), stage]
    ends = [subprocess.run(command, cwd=ROOT, check=False, capture_output=True).returncode for _ in range(3)]
    assert ends == [-signal.SIGKILL, -signal.SIGKILL, 0]
    assert not place.files()
    assert dict(place.rows("select right(file_name, 5), status from drop_register")) == {
        "5.csv": "accepted", "7.csv": "refused",
    }  # fmt: skip
    assert "异常中止" in str(place.rows("select reason from drop_register where status = 'refused'"))
