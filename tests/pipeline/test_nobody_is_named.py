"""After a whole run of the invented city nobody is named anywhere but in raw: no number, no name, no malformed one."""

import io
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import duckdb
import openpyxl
import pytest

from pipelines.core.region.load import load
from pipelines.feeds import contracts
from pipelines.ingest import inbox
from pipelines.warehouse import store
from tests.house import House
from tests.pipeline.ingest_place import REGION, ROOT, Place
from tests.pipeline.person_search import People, decoded, leaks, people_of

pytestmark = pytest.mark.xdist_group("people")
NUMBER, NAME = "371521198502150021", "虚构甲"


@pytest.fixture(scope="module")
def people(files: Path, tmp_path_factory: pytest.TempPathFactory) -> People:
    kept = [path.read_text(encoding="utf-8") for path in REGION.glob("*.csv")]
    others = [feed for feed, contract in contracts().items() if not contract.is_person]
    kept += [decoded(path.read_bytes()) for feed in others for path in (files / feed).rglob("*.csv")]
    dirty = tmp_path_factory.mktemp("dirty")
    assert spoiled(files, dirty) > 100
    found = people_of(files, kept) | people_of(dirty, kept)
    assert len(found.numbers) > 5000
    assert len(found.names) > 2000
    return found


def planted(folder: Path) -> None:
    """One of every kind of thing a run may leave, each naming somebody."""
    text = f"{NUMBER[:17]}2,{NAME}"
    (folder / "run.log").write_text(f"row {NUMBER}", encoding="utf-8")
    (folder / f"{NUMBER}.txt").write_text("", encoding="utf-8")
    (folder / "left.tmp").write_bytes(f"…{NAME}…".encode("gb18030"))
    with zipfile.ZipFile(folder / "inner.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", NAME * 50)
    with zipfile.ZipFile(folder / "outer.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "inner.zip", "inner.zip")
    (folder / "inner.zip").unlink()
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append([f"x{NUMBER}x"])
    file = io.BytesIO()
    book.save(file)
    (folder / "sheet.xlsx").write_bytes(file.getvalue())
    with duckdb.connect(str(folder / "facts.duckdb")) as con:
        con.execute("create table fact as select ? as shown, range as n from range(100000)", [NAME])
    with sqlite3.connect(folder / "ledger.sqlite") as con:
        con.execute("create table notice (mail blob)")
        con.execute("insert into notice values (?)", [_mail(NAME)])
    (folder / "letter.eml").write_bytes(_mail(NUMBER))
    (folder / "harmless.csv").write_text(text.replace(NAME, "虚构乙"), encoding="utf-8")


def spoiled(files: Path, into: Path) -> int:
    """Write the city's last files of people again as later versions, with wrong numbers and slipped columns in them."""
    count = 0
    for feed in ("insured_event", "benefit_claim"):
        for path in [path for folder in sorted((files / feed).iterdir())[-6:] for path in folder.glob("*.csv")]:
            head, *lines = decoded(path.read_bytes()).splitlines()
            number = head.split(",").index("身份证号")
            for at, line in enumerate(lines):
                cells = line.split(",")
                if at % 7 == 1:
                    cells[number] = cells[number][:-1] + ("1" if cells[number][-1] == "0" else "0")
                elif at % 7 == 2:
                    cells[number] = cells[number][:15]
                elif at % 7 == 3:  # one to the left: the name stands where the number should
                    cells = [*cells[:number], *cells[number + 1 :], ""]
                elif at % 7 == 4:
                    cells[number + 1] = f'"{cells[number + 1]}'
                lines[at] = ",".join(cells)
            folder = into / feed
            folder.mkdir(parents=True, exist_ok=True)
            name = f"{path.stem.split('_v')[0]}_v9.csv"
            (folder / name).write_bytes(("\n".join([head, *lines]) + "\n").encode("gb18030"))
            count += len(lines)
    return count


def _mail(text: str) -> bytes:
    message = EmailMessage()
    message["Subject"], message["MIME-Version"] = "预警", "1.0"
    message.set_content(text + "\n岗哨", cte="base64")
    return message.as_bytes()


def test_the_search_finds_somebody_in_everything_a_run_may_leave(tmp_path: Path) -> None:
    planted(tmp_path)
    found = leaks(tmp_path, People(frozenset({NUMBER.encode()}), frozenset({NAME.encode()})))
    assert {where.split("!")[0] for where in found} == {
        "run.log", f"{NUMBER}.txt", "left.tmp", "outer.zip", "sheet.xlsx", "facts.duckdb", "ledger.sqlite", "letter.eml",
    }  # fmt: skip


@pytest.mark.requirement("M8")
def test_nobody_is_named_after_a_whole_run(
    replayed: House, house: Callable[[House], House], files: Path, people: People, tmp_path: Path
) -> None:
    """Only this finds a person named in a file that no other test knows a command to write."""
    copied = house(replayed)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    copied.environment["TMPDIR"] = str(temporary)
    (copied.data / "DEMONSTRATION").unlink()
    spoiled(files, copied.data / "inbox")
    commands = (("ingest",), ("publish",), ("notify",), ("backup",), ("doctor",), ("purge",))
    said = [copied.gangshao(*command, status=2 if command == ("doctor",) else 0) for command in commands]  # old data
    assert "整份退回" in said[0].stderr
    raw = copied.data / "raw"
    assert leaks(raw, people) == {}  # sealed
    assert leaks(copied.folder, people, leave_out=[raw]) == {}
    assert leaks(temporary, people) == {}
    assert people.within("".join(done.stdout + done.stderr for done in said).encode()) == set()
    assert {path.suffix for path in copied.data.rglob("*")} >= {".duckdb", ".sqlite", ".json"}


def test_nobody_is_named_in_the_write_ahead_file_while_an_ingest_is_open(
    files: Path, people: People, tmp_path: Path
) -> None:
    place = Place.at(tmp_path, load(REGION))
    for feed in ("insured_event", "benefit_claim"):
        for folder in sorted((files / feed).iterdir())[-8:]:
            shutil.copytree(folder, place.settings.inbox / feed / folder.name)
    spoiled(files, place.settings.inbox)
    with store.connect(place.settings) as warehouse:
        report = inbox.ingest_inbox(place.settings, place.region, warehouse, False, place.morning("2026-11-20"))
        assert report.rows_quarantined > 100
        written = place.settings.warehouse.with_name("warehouse.duckdb.wal").read_bytes()
        assert b"ZJ2026" in written
        assert people.within(written) == set()
        assert people.within("".join(report.sentences).encode()) == set()


def test_a_check_of_a_file_names_nobody_and_leaves_nothing(files: Path, people: People, tmp_path: Path) -> None:
    path = max((files / "insured_event").rglob("*.csv"), key=lambda found: found.stat().st_size)
    copied = tmp_path / "sent" / path.name
    copied.parent.mkdir()
    lines = path.read_bytes().split(b"\n")
    copied.write_bytes(b"\n".join([lines[0], *(line.replace(b",", b";", 1) for line in lines[1:4]), *lines[4:]]))
    house = House(tmp_path / "house", {"TMPDIR": str(tmp_path / "temporary")})
    (tmp_path / "temporary").mkdir()
    done = house.gangshao("check", str(copied), status=1)
    assert people.within((done.stdout + done.stderr).encode()) == set()
    assert people.within(copied.read_bytes()) != set()
    assert not list((tmp_path / "temporary").iterdir())
    assert not house.data.exists()


def test_no_file_of_the_project_names_anybody(people: People) -> None:
    found = [path for path in (ROOT / "data").rglob("*") if path.is_file() and "var" not in path.parts]
    assert not [path for path in found if people.within(path.read_bytes())]
