"""What was published, received and decided is compared with the audit trail: a change by the program's own user shows."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.core.domain import Level, Role, State, UserError, Viewer
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.accounts import account
from pipelines.ledger.audit_trail import anchor, publication, trail, verification
from pipelines.ledger.audit_trail.trail import SYSTEM, Act, ActContext, Actor
from pipelines.ledger.editions import record_edition
from pipelines.ledger.notifications import queue
from pipelines.ledger.workflow import steps
from pipelines.ledger.workflow.steps import Ground, Subject
from pipelines.operations.doctor import run_checks
from pipelines.published.read import close
from tests.faults.storm import queue_mails
from tests.house import House
from tests.pipeline.mail_city import REGION, edition
from tests.pipeline.small_house import LAST, NEXT

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
WHO = Actor("city_duty:值班岗", "10.1.2.3")
DUTY = Viewer(Role.CITY_DUTY, name="值班岗")
CHANGES = {
    "general": "update episode set people_band = '1–9'",
    "restricted": "update episode set level = 4, people = 1",
}


def settings_of(place: House) -> Settings:
    return Settings(data=place.data, keys=place.folder / "keys", region=place.region)


def integrity(place: House) -> tuple[bool, str]:
    found = next(one for one in run_checks(settings_of(place)) if one.what == "完整性")
    close()
    return found.is_well, found.sentence


def in_force(place: House) -> str:
    return (place.data / "published" / "current").read_text(encoding="utf-8").strip()


@contextmanager
def intruder(place: House) -> Iterator[sqlite3.Connection]:
    """Somebody who owns the ledger's file: the triggers are gone, and everything may be written."""
    connection = sqlite3.connect(place.data / "ledger.sqlite", isolation_level=None)
    for (name,) in connection.execute("select name from sqlite_master where type = 'trigger'").fetchall():
        connection.execute(f"drop trigger {name}")
    yield connection
    connection.close()


def test_the_hashes_of_both_files_stand_in_the_manifest_and_in_the_trail(
    small: House, house: Callable[[House], House]
) -> None:
    place = house(small)
    folder = place.data / "published" / LAST
    told = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    ledger = open_ledger(settings_of(place))
    (entered,) = publication.publications(ledger)
    head = trail.entries(ledger, act=Act.PUBLISH)[0]
    ledger.close()
    assert told["sha256"] == publication.hashes(folder) == entered.sha256
    assert (entered.edition_id, head.seq, head.own_hash) == (
        LAST,
        told["audit_anchor"]["seq"],
        told["audit_anchor"]["own_hash"],
    )
    register = (place.data / "raw" / "register.jsonl").stat().st_size
    assert (told["audit_anchor"]["register_size"], entered.anchor) == (register, told["audit_anchor"]["number"])


@pytest.mark.requirement("M5")
@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_published_file_is_found_and_never_carried_on(
    name: str, small: House, house: Callable[[House], House]
) -> None:
    place = house(small)
    assert "相符" in integrity(place)[1]
    with duckdb.connect(str(place.data / "published" / LAST / f"{name}.duckdb")) as con:
        con.execute(CHANGES[name])
    is_well, sentence = integrity(place)
    assert not is_well
    assert f"{name}.duckdb 与发布时记入审计记录的散列不符" in sentence
    assert "散列不符" in place.gangshao("run", "--day", NEXT, status=2).stderr.replace("\n", "")
    assert in_force(place) == LAST
    if name == "general":
        assert "散列不符" in place.gangshao("backup", status=2).stderr.replace("\n", "")
        return
    place.gangshao("publish", "--anew")
    assert "相符" in integrity(place)[1]
    assert place.ask("select count(*) from episode where people = 1 and level = 4") == [(0,)]
    place.gangshao("audit", "verify")


def test_files_of_a_program_that_entered_no_hashes_are_told_and_used(city_ledger: Ledger, tmp_path: Path) -> None:
    published = tmp_path / "published"
    (published / "2026-11-23.1").mkdir(parents=True)
    assert publication.check_publication(published, city_ledger) == "还没有发布过版次"
    (published / "current").write_text("2026-11-23.1\n", encoding="utf-8")
    assert "由较早的程序发布，没有记下散列" in publication.check_publication(published, city_ledger)
    trail.write_entry(city_ledger, Act.PUBLISH, SYSTEM, "edition in force", NOW)
    assert "没有记下散列" in publication.check_publication(published, city_ledger)
    publication.enter_publication(
        city_ledger, "2026-11-23.1", {"general.duckdb": "a", "restricted.duckdb": "b"}, 1, NOW
    )
    with pytest.raises(UserError, match="无法读取"):
        publication.check_publication(published, city_ledger)


def test_of_two_publishings_of_an_edition_the_files_may_be_mixed_after_a_kill(
    city_ledger: Ledger, tmp_path: Path
) -> None:
    folder = tmp_path / "published" / "2026-11-23.1"
    folder.mkdir(parents=True)
    (folder.parent / "current").write_text(folder.name, encoding="utf-8")
    for content in (b"first", b"second"):
        for name in publication.FILES:
            (folder / name).write_bytes(content)
        publication.enter_publication(city_ledger, folder.name, publication.hashes(folder), 1, NOW)
    (folder / "general.duckdb").write_bytes(b"first")
    assert "相符" in publication.check_publication(folder.parent, city_ledger)
    (folder / "general.duckdb").write_bytes(b"third")
    with pytest.raises(UserError, match=r"general\.duckdb"):
        publication.check_publication(folder.parent, city_ledger)


@pytest.mark.parametrize("is_cut", [False, True])
def test_a_trail_whose_anchors_are_all_gone_is_not_verified(
    is_cut: bool, small: House, house: Callable[[House], House]
) -> None:
    place = house(small)
    (place.data / "audit" / "anchors.jsonl").unlink()
    manifest = place.data / "published" / LAST / "manifest.json"
    told = json.loads(manifest.read_text(encoding="utf-8"))
    del told["audit_anchor"]
    manifest.unlink()  # a copied house shares it with the first one
    manifest.write_text(json.dumps(told), encoding="utf-8")
    if is_cut:
        with intruder(place) as ledger:
            ledger.execute("delete from audit where seq > (select min(seq) from audit where act = 'run')")
    said = place.gangshao("audit", "verify", status=1).stdout
    assert "一个锚点也没有" in said
    assert ("版次 2026-10-24.1 没有审计记录" in said) is is_cut


def test_fewer_anchors_than_publishings_are_told_but_for_one_a_kill_kept_back(
    city_ledger: Ledger, tmp_path: Path
) -> None:
    settings = Settings(data=tmp_path)
    for day in (21, 22, 23):
        publication.enter_publication(city_ledger, f"2026-11-{day}.1", {}, anchor.next_number(settings), NOW)
        anchor.write_anchor(settings, city_ledger, f"2026-11-{day}.1", NOW)
    assert broken(city_ledger, settings) == []
    lines = settings.anchors.read_text(encoding="utf-8").splitlines(keepends=True)
    settings.anchors.write_text("".join(lines[:2]), encoding="utf-8")
    assert broken(city_ledger, settings) == [], "the last one: a kill came between entry and anchor"
    settings.anchors.write_text(lines[0], encoding="utf-8")
    (found,) = broken(city_ledger, settings)
    assert found.startswith("审计记录中的发布到第 2 号锚点，锚点文件却只有 1 个")


@pytest.mark.requirement("M5")
def test_a_line_taken_out_of_the_list_of_received_files_is_missed_by_verify_and_rebuild(
    small: House, house: Callable[[House], House]
) -> None:
    place = house(small)
    register = place.data / "raw" / "register.jsonl"
    lines = register.read_text(encoding="utf-8").splitlines(keepends=True)
    gone = next(line for line in lines if "layoff_report" in line)
    register.write_text("".join(line for line in lines if line != gone), encoding="utf-8")
    assert "有行被删改" in place.gangshao("audit", "verify", status=1).stdout
    content = json.loads(gone)["content_hash"]
    is_well, sentence = integrity(place)
    assert (is_well, content in sentence) == (False, True)
    said = place.gangshao("run", "--rebuild", status=2).stderr.replace("\n", "").replace(" ", "")
    assert "layoff_report_371581_20261020.csv" in said
    assert content in said
    assert "episode有" in said


def broken(ledger: Ledger, settings: Settings) -> list[str]:
    return verification.find_breaches(settings, ledger, anchor.known(settings))


@pytest.fixture
def city_ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(Settings(data=tmp_path))
    yield opened
    opened.close()


UNSEEN = {
    "a note": ("update warning_step set note = 'other'", "预警的办理步骤与审计记录不符：预警 w1"),
    "a state": ("update warning_step set to_state = 'dismissed'", "预警的办理步骤与审计记录不符：预警 w1"),
    "a step gone": ("delete from warning_step", "预警的办理步骤与审计记录不符：预警 w1"),
    "a role": (
        "update account set role = 'city_leader' where name = 'li.si'",
        "账号与审计记录不符：li.si 的角色或地区",
    ),
    "an area": ("update account set areas = '371503' where name = 'head'", "账号与审计记录不符：head 的角色或地区"),
    "opened again": ("update account set disabled_at = null", "账号与审计记录不符：gone 的停用"),
    "a mail unsent": ("update notice set state = 'queued' where notice_id = 1", "通知与审计记录不符：第 1 号通知"),
    "a mail sent": ("update notice set state = 'accepted' where notice_id = 2", "通知与审计记录不符：第 2 号通知"),
    "an edition": (
        "update edition set edition_id = '2026-11-22.1'",
        "版次与审计记录不符：版次 2026-11-22.1 没有审计记录",
    ),
}


@pytest.mark.requirement("M5")
@pytest.mark.parametrize("what", UNSEEN)
def test_what_is_changed_in_the_ledger_alone_is_told_by_verify(what: str, city_ledger: Ledger, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    for name, role, areas in (
        ("li.si", Role.AUDITOR, []),
        ("head", Role.COUNTY_HEAD, ["371502"]),
        ("gone", Role.CITY_DUTY, []),
    ):
        account_id = account.create(city_ledger, SYSTEM, name, "李四", role, areas, NOW)
    account.disable(city_ledger, SYSTEM, account_id, NOW)
    record_edition(city_ledger, edition(NOW.date()), False, NOW.replace(hour=2))
    one = Subject("w1", "2026-11-23.1", "371502", Level.ORANGE)
    steps.apply_transition(city_ledger, REGION.transition, ActContext(DUTY, WHO, NOW, "停保人数已向用人单位核对"), one, State.CONFIRMED, Ground(document="聊人社批〔2026〕8 号"))  # fmt: skip
    queue_mails(city_ledger, 2)
    queue.mark_accepted(city_ledger, 1, "250 OK", NOW)
    assert broken(city_ledger, settings) == []
    sql, sentence = UNSEEN[what]
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.execute(sql)
    (found,) = broken(city_ledger, settings)
    assert sentence in found
