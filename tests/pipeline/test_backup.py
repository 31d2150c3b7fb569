"""A backup is complete, of one instant and without keys; a restore of it shows the same and goes on from there."""

import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock
from flask.testing import FlaskClient

from dashboard.web.app import create_app
from pipelines.core.settings import Settings
from pipelines.ledger import open_ledger
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import SYSTEM, Act
from pipelines.operations import inventory
from pipelines.published.read import close
from tests import appender, forked
from tests.house import NEW_PASSWORD, House
from tests.pipeline.tier_house import AREA, DAY, house_of, put_night
from tests.tier import IS_LONG

pytestmark = pytest.mark.xdist_group("backup")
ORIGIN = {"Origin": "http://localhost"}
DOWNLOADS = ("/download/warnings.csv", f"/download/readings.csv?area={AREA}&grain=day")
OPEN = "select episode_id, level, people from episode where known_to is null and status = 'open' order by all"


@pytest.fixture(scope="module")
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house with a link in a pocket and a backup; then the next night's files came. Nobody changes it: copy it."""
    place = house_of(request).copy(tmp_path_factory.mktemp("kept") / "house")
    (place.data / "DEMONSTRATION").touch()  # a link lets a leader in
    place.environment["LINK"] = place.account("city_analyst", "wang.wu")
    place.gangshao("backup")
    put_night(request, place)
    return place


def settings_of(place: House) -> Settings:
    return Settings(data=place.data, keys=place.folder / "keys")


def newest(place: House) -> inventory.Backup:
    return inventory.choose_backup(place.data / "backups")


def restored(place: House, into: Path) -> House:
    """The backup of a house in a folder elsewhere, with the keys put beside it."""
    place.gangshao("restore", str(place.data / "backups"), "--into", str(into / "var"))
    shutil.copytree(place.folder / "keys", into / "keys")
    return House(into)


def shown(place: House) -> dict[str, bytes]:
    """What a leader's downloads say."""
    ledger = open_ledger(settings_of(place))
    client: FlaskClient = create_app(settings_of(place), ledger).server.test_client()
    link = place.gangshao("link", "city_leader").stdout.strip()
    assert client.post(link[link.index("/sign-in/") :], json={}, headers=ORIGIN).get_json() == {"to": "/"}
    answers = {address: client.get(address) for address in DOWNLOADS}
    assert all(answer.status_code == 200 for answer in answers.values())
    ledger.close()
    close()
    return {address: answer.data for address, answer in answers.items()}


@pytest.mark.requirement("M6")
def test_a_restored_house_shows_the_same_is_rebuilt_and_runs_the_next_day_as_if_nothing_had_been(
    kept: House, house: Callable[[House], House], tmp_path: Path
) -> None:
    """Only this finds what a backup leaves out that the next day needs."""
    original = house(kept)
    again = restored(original, tmp_path / "again")
    before = original.hashes()
    published = {name: value for name, value in before.items() if not name.startswith("warehouse.")}
    assert again.hashes() == published, "no warehouse yet"
    assert len(original.ask(OPEN)) > (3 if IS_LONG else 0)
    assert again.ask(OPEN) == original.ask(OPEN)
    assert shown(again) == shown(original)
    again.gangshao("audit", "verify")
    assert "restore  data folder  done" in again.gangshao("audit", "list", "--act", "restore").stdout
    again.gangshao("run", "--day", DAY, status=2)
    again.gangshao("run", "--rebuild")
    assert again.hashes() == before
    shutil.copytree(original.data / "inbox", again.data / "inbox")
    for place in (original, again):
        place.gangshao("ingest", "--backfill")
        place.gangshao("run", "--day", DAY)
    assert again.hashes() == original.hashes() != before
    assert again.ask(OPEN) == original.ask(OPEN)
    assert shown(again) == shown(original)
    again.gangshao("audit", "verify")


@pytest.mark.requirement("M6")
def test_no_key_and_no_password_is_in_a_backup(kept: House, house: Callable[[House], House]) -> None:
    place = house(kept)
    place.environment["GANGSHAO_SMTP_PASSWORD"] = "s3cret-of-the-mail"
    place.gangshao("run", "--day", DAY)  # the settings that changed are entered in the ledger
    place.gangshao("backup")
    texts = [path.read_text(encoding="ascii").strip() for path in (place.folder / "keys").iterdir()]
    assert len(texts) == 2
    secrets = [*(text.encode() for text in texts), *(bytes.fromhex(text) for text in texts), b"s3cret-of-the-mail"]
    folder = newest(place).folder
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"manifest.json", "ledger.sqlite", "register.jsonl", "current"}
    assert not [path for path in files for secret in secrets if secret in path.read_bytes()]
    assert {path.stat().st_mode & 0o077 for path in files} == {0}
    assert folder.stat().st_mode & 0o077 == 0


def test_the_manifest_names_every_file_and_what_was_left_out_and_why(kept: House) -> None:
    backup = newest(kept)
    there = {str(path.relative_to(backup.folder)) for path in backup.folder.rglob("*") if path.is_file()}
    assert there == {file.path for file in backup.manifest.files} | {"manifest.json"}
    register = (kept.data / "raw" / "register.jsonl").read_text(encoding="utf-8").splitlines()
    contents = {line.split('"content_hash": "')[1][:64] for line in register if "content_hash" in line}
    kept_of_raw = {Path(file.path).name.split(".")[0] for file in backup.manifest.of_role("raw")}
    assert contents <= kept_of_raw
    assert {"keys", "warehouse.duckdb", "memory"} <= backup.manifest.left_out.keys()
    assert backup.manifest.tables == {
        name: value for name, value in kept.hashes().items() if not name.startswith("warehouse.")
    }


DAMAGES: dict[str, Callable[[Path], Path]] = {
    "raw": lambda folder: next(path for path in sorted(folder.glob("raw/*/*/*")) if path.suffix == ".sealed"),
    "ledger": lambda folder: folder / "ledger.sqlite",
    "published": lambda folder: next(folder.glob("published/*/general.duckdb")),
    "anchors": lambda folder: folder / "audit" / "anchors.jsonl",
}


@pytest.mark.parametrize("what", DAMAGES)
@pytest.mark.parametrize("how", ["byte", "gone"])
def test_a_damaged_backup_is_named_by_drill_and_restore_and_nothing_is_put_back(
    what: str, how: str, kept: House, house: Callable[[House], House], tmp_path: Path
) -> None:
    place = house(kept)
    good = newest(place).name
    path = DAMAGES[what](newest(place).folder)
    content = bytearray(path.read_bytes())
    path.unlink()
    if how == "byte":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    said = place.gangshao("drill", status=2).stderr.replace("\n", "")
    assert path.name in said
    assert "最近一次通过的演练：20" in said
    said = place.gangshao("restore", str(place.data / "backups"), "--into", str(tmp_path / "var"), status=2).stderr
    assert path.name in said.replace("\n", "")
    assert not (tmp_path / "var").exists()
    assert good in {backup.name for backup in inventory.backups(place.data / "backups")}
    assert not list((place.data / "backups").glob(".*")), "the drill left nothing"
    ledger = open_ledger(settings_of(place))
    assert [entry.result for entry in trail.entries(ledger, act=Act.DRILL)][:2] == ["failed", "begun"]
    ledger.close()


def test_a_manifest_cut_short_or_leading_outside_is_no_backup(kept: House, house: Callable[[House], House]) -> None:
    place = house(kept)
    path = newest(place).folder / "manifest.json"
    whole = path.read_text(encoding="utf-8")
    path.unlink()
    path.write_text(whole[: len(whole) // 2], encoding="utf-8")
    assert "没有备份" in place.gangshao("drill", status=2).stderr
    path.write_text(whole.replace('"raw/register.jsonl"', '"../../register.jsonl"'), encoding="utf-8")
    with pytest.raises(inventory.DamagedError, match="指到备份之外"):
        inventory.read_manifest(path.parent)


def test_a_folder_with_anything_in_it_is_refused(kept: House, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "note.txt").write_text("mine", encoding="utf-8")
    said = kept.gangshao("restore", str(kept.data / "backups"), "--into", str(tmp_path / "var"), status=2).stderr
    assert "不是空文件夹" in said.replace("\n", "")
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["note.txt"]


def test_a_restore_says_which_keys_lack_and_which_are_others(
    kept: House, house: Callable[[House], House], tmp_path: Path
) -> None:
    place = house(kept)
    wanted = newest(place).manifest.keys
    raw = place.folder / "keys" / "raw.key"
    raw.rename(tmp_path / "raw.key")
    pseudonym = place.folder / "keys" / "pseudonym.key"
    pseudonym.rename(tmp_path / "pseudonym.key")
    pseudonym.write_text("ab" * 32 + "\n", encoding="ascii")
    pseudonym.chmod(0o600)
    said = place.gangshao("restore", str(place.data / "backups"), "--into", str(tmp_path / "var")).stderr
    said = said.replace("\n", "")
    assert f"缺少密钥 {raw}（指纹 {wanted['raw']}）" in said
    assert f"备份所用的是 {wanted['pseudonym']}" in said
    assert (tmp_path / "raw.key").read_text(encoding="ascii").strip() not in said
    drilled = place.gangshao("drill").stderr.replace("\n", "")
    assert "演练通过" in drilled
    assert "打开 0 个加密文件" in drilled
    assert "缺少密钥" in drilled


def test_what_did_not_change_is_linked_and_damage_is_not_handed_on(
    kept: House, house: Callable[[House], House]
) -> None:
    place = house(kept)
    first = newest(place)
    contents = [file for file in first.manifest.of_role("raw") if "/" in file.path[4:]]
    damaged = first.folder / contents[0].path
    content = damaged.read_bytes()
    damaged.unlink()
    damaged.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    place.gangshao("backup")
    second = newest(place)
    assert second.name > first.name
    are_linked = [(first.folder / file.path).samefile(second.folder / file.path) for file in contents]
    assert are_linked == [False] + [True] * (len(contents) - 1)
    assert (second.folder / contents[0].path).read_bytes() == content
    assert not (first.folder / "ledger.sqlite").samefile(second.folder / "ledger.sqlite")


def test_the_newest_are_kept_and_the_others_removed(kept: House, house: Callable[[House], House]) -> None:
    place = house(kept)
    (place.data / "backups" / ".20260101T000000Z.partial").mkdir()
    names = [newest(place).name]
    for _ in range(2):
        place.gangshao("backup", "--keep", "2")
        names.append(newest(place).name)
    assert len(set(names)) == 3
    assert sorted(path.name for path in (place.data / "backups").iterdir()) == names[1:]
    assert place.gangshao("drill", str(place.data / "backups" / names[1])).returncode == 0


def test_a_backup_while_a_run_publishes_and_the_dashboard_writes_is_of_one_instant(
    kept: House, house: Callable[[House], House], tmp_path: Path
) -> None:
    """Only this finds a backup torn by others at work: whole in its parts, of two instants."""
    place = house(kept)
    place.gangshao("ingest", "--backfill")
    writer = appender.start(place.data, "dashboard", 100_000)
    appender.go(writer)
    run = forked.start(("run", "--day", DAY), place.env, tmp_path / "out", tmp_path / "err")
    made = []
    while run.is_alive() or len(made) < 2:
        place.gangshao("backup")  # its drill compares ledger, anchors and edition
        made.append(newest(place).manifest.edition)
    run.join()
    assert run.exitcode == 0, (tmp_path / "err").read_text(encoding="utf-8")
    place.gangshao("backup")
    assert writer.poll() is None, "it wrote all the time"
    writer.kill()
    writer.wait()
    assert newest(place).manifest.edition == f"{DAY}.1"


def test_a_backup_waits_for_the_run_and_purging_for_the_backup(
    kept: House, house: Callable[[House], House], tmp_path: Path
) -> None:
    place = house(kept)
    before = newest(place).name
    with FileLock(place.data / "run.lock"):
        waiting = forked.start(("backup",), place.env, tmp_path / "out", tmp_path / "err")
        waiting.join(timeout=4)
        assert waiting.is_alive()
        assert newest(place).name == before
        assert "正在备份" in place.gangshao("purge", status=2).stderr
    waiting.join()
    assert waiting.exitcode == 0
    assert newest(place).name > before


def test_whoever_was_signed_in_or_held_a_link_at_the_backup_is_not_let_in_after_the_restore(
    kept: House, house: Callable[[House], House], tmp_path: Path
) -> None:
    path = kept.environment["LINK"]
    path = path[path.index("/sign-in/") :]
    for place, status in ((house(kept), 200), (restored(kept, tmp_path / "again"), 410)):
        ledger = open_ledger(settings_of(place))
        client = create_app(settings_of(place), ledger).server.test_client()
        assert client.post(path, json=NEW_PASSWORD, headers=ORIGIN).status_code == status
        ledger.close()
        close()


def examined(place: House) -> str:
    """What the doctor finds wrong, without the breaks of its lines."""
    return " ".join(place.gangshao("doctor", status=2).stderr.split())


def test_the_doctor_says_when_no_backup_was_tried_out_or_not_lately(
    kept: House, house: Callable[[House], House]
) -> None:
    place = house(kept)
    (place.data / "DEMONSTRATION").unlink()
    assert f"✓ 备份：最近一份备份 {newest(place).name}，最近一次通过的演练 20" in examined(place)
    ledger = open_ledger(settings_of(place))
    trail.write_entry(ledger, Act.DRILL, SYSTEM, "backup of old", datetime.now(UTC) - timedelta(days=8))
    ledger.close()
    assert "超过 7 天" in examined(place)
    with sqlite3.connect(place.data / "ledger.sqlite") as con:
        con.execute("drop trigger audit_is_not_deleted")
        con.execute("delete from audit where act = 'drill'")
    assert "还没有演练通过过" in examined(place)
