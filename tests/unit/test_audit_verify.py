"""Whoever writes to the ledger's file alone is found out: `verify` names the first entry or anchor that does not hold."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.audit_trail import anchor, trail
from pipelines.ledger.audit_trail.trail import Act, Actor
from pipelines.ledger.audit_trail.verification import Verdict, verify_chain

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
WHO = Actor("city_duty:值班岗", "10.1.2.3")
COLUMNS = ("at", "who", "source", "act", "target", "result", "details", "once_key", "previous_hash", "own_hash")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    """Twelve entries with an anchor after the sixth and the tenth."""
    opened = open_ledger(settings)
    for number in range(1, 13):
        at = NOW + timedelta(minutes=number)
        entry = trail.NewEntry(Act.EXPORT, WHO, f"readings{number}", at, details={"rows": number})
        trail.write_once(opened, f"k{number}", entry)
        if number in {6, 10}:
            anchor.write_anchor(settings, opened, f"2026-11-{number}.1", at)
    yield opened
    opened.close()


def judged(settings: Settings, ledger: Ledger) -> Verdict:
    return verify_chain(ledger, anchor.known(settings))


@pytest.fixture
def attack(settings: Settings) -> Iterator[sqlite3.Connection]:
    """Somebody who owns the ledger's file: the triggers are gone, and everything may be written."""
    connection = sqlite3.connect(settings.data / "ledger.sqlite", isolation_level=None)
    for (name,) in connection.execute("select name from sqlite_master where type = 'trigger'").fetchall():
        connection.execute(f"drop trigger {name}")
    yield connection
    connection.close()


def written_anew(attack: sqlite3.Connection, first: int, change: Callable[[dict[str, object]], None]) -> None:
    """Change an entry and give it and all that follow hashes that fit."""
    attack.row_factory = sqlite3.Row
    rows = [dict(row) for row in attack.execute("select * from audit order by seq")]
    change(rows[first - 1])
    previous = trail.FIRST_PREVIOUS
    for row in rows:
        row["previous_hash"] = previous
        previous = row["own_hash"] = trail.hash_of(row)
    attack.execute("delete from audit")
    attack.executemany(
        f"insert into audit values ({', '.join('?' * len(rows[0]))})", [tuple(row.values()) for row in rows]
    )


def test_an_untouched_trail_agrees_with_its_anchors(settings: Settings, ledger: Ledger) -> None:
    verdict = judged(settings, ledger)
    last = trail.head(ledger)
    assert last is not None
    assert (verdict.entries, verdict.anchors, verdict.breach, verdict.last_hash) == (12, 2, "", last.own_hash)


@pytest.mark.requirement("16.4.2")
@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_letter_in_any_column_is_named_by_its_entry(
    settings: Settings, ledger: Ledger, attack: sqlite3.Connection, column: str
) -> None:
    (value,) = attack.execute(f"select {column} from audit where seq = 8").fetchone()
    flipped = value[:-1] + chr(ord(value[-1]) ^ 0x40)
    attack.execute(f"update audit set {column} = ? where seq = 8", [flipped])
    verdict = judged(settings, ledger)
    assert verdict.breach.startswith("第 8 条审计记录"), verdict.breach
    assert verdict.entries == 7


@pytest.mark.parametrize("bit", [0x01, 0x80])
def test_a_flipped_bit_in_the_file_is_named_by_its_entry(settings: Settings, ledger: Ledger, bit: int) -> None:
    ledger.close()
    path = settings.data / "ledger.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    content = bytearray(path.read_bytes())
    place = content.index("值班岗".encode(), content.index(b"readings9") - 200) + 1  # within a letter of three bytes
    content[place] ^= bit
    path.write_bytes(content)
    breach = judged(settings, ledger).breach
    assert breach.startswith(("第 8 条审计记录", "第 9 条审计记录")), breach


def test_a_deleted_entry_is_named(settings: Settings, ledger: Ledger, attack: sqlite3.Connection) -> None:
    attack.execute("delete from audit where seq = 4")
    assert judged(settings, ledger).breach.startswith("第 4 条审计记录不见了")


def test_an_entry_deleted_with_the_numbers_closed_up_is_named(
    settings: Settings, ledger: Ledger, attack: sqlite3.Connection
) -> None:
    attack.execute("delete from audit where seq = 4")
    for seq in range(5, 13):
        attack.execute("update audit set seq = ? where seq = ?", [seq - 1, seq])
    assert judged(settings, ledger).breach.startswith("第 4 条审计记录与前一条接不上")


@pytest.mark.requirement("M3")
def test_a_cut_tail_is_named_by_the_first_anchor_beyond_it(
    settings: Settings, ledger: Ledger, attack: sqlite3.Connection
) -> None:
    attack.execute("delete from audit where seq > 8")
    assert judged(settings, ledger).breach.startswith("锚点文件第 2 行记到第 10 条，审计记录却只到第 8 条")
    attack.execute("delete from audit")
    assert judged(settings, ledger).breach.startswith("锚点文件第 1 行记到第 6 条，审计记录却只到第 0 条")


def test_a_trail_written_anew_from_some_entry_is_named_by_the_first_anchor_after_it(
    settings: Settings, ledger: Ledger, attack: sqlite3.Connection
) -> None:
    written_anew(attack, 1, lambda row: row.update(who="nobody"))
    assert verify_chain(ledger, []).breach == "", "without anchors nobody could tell"
    assert judged(settings, ledger).breach.startswith("锚点文件第 1 行记下的第 6 条散列与审计记录不同")


def test_a_fork_after_an_anchor_is_named_by_the_next_one(
    settings: Settings, ledger: Ledger, attack: sqlite3.Connection
) -> None:
    written_anew(attack, 9, lambda row: row.update(target="something else"))
    assert judged(settings, ledger).breach.startswith("锚点文件第 2 行记下的第 10 条散列与审计记录不同")


def test_a_second_entry_of_the_same_number_is_named(
    settings: Settings, ledger: Ledger, attack: sqlite3.Connection
) -> None:
    attack.execute("create table again as select * from audit")
    attack.execute("insert into again select * from audit where seq = 5")
    attack.execute("drop table audit")
    attack.execute("alter table again rename to audit")
    assert judged(settings, ledger).breach.startswith("第 5 条审计记录出现两次")


def test_a_noted_anchor_finds_what_came_after_the_last_publishing(
    settings: Settings, ledger: Ledger, attack: sqlite3.Connection
) -> None:
    noted = anchor.given(f"12:{judged(settings, ledger).last_hash}")
    attack.execute("delete from audit where seq > 10")
    assert judged(settings, ledger).breach == ""
    assert verify_chain(ledger, [*anchor.known(settings), noted]).breach.startswith("所给的锚点记到第 12 条")


def publish_manifest(settings: Settings, told: dict[str, object]) -> Path:
    path = settings.published / "2026-11-10.1" / "manifest.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"is_demonstration": "true", anchor.ENTRY: told}))
    return path


def test_an_anchor_taken_out_of_the_file_is_missed(settings: Settings, ledger: Ledger) -> None:
    first, second = settings.anchors.read_text().splitlines(keepends=True)
    publish_manifest(settings, json.loads(second))
    assert judged(settings, ledger).anchors == 3
    settings.anchors.write_text(second)
    with pytest.raises(anchor.DamagedError, match="锚点文件第 1 行记的却是第 2 号锚点"):
        anchor.known(settings)
    settings.anchors.write_text(first)
    with pytest.raises(anchor.DamagedError, match=r"2026-11-10\.1 的发布清单记有第 2 号锚点，锚点文件却只有 1 个"):
        anchor.known(settings)


def test_the_published_manifest_alone_finds_a_trail_written_anew(
    settings: Settings, ledger: Ledger, attack: sqlite3.Connection
) -> None:
    told = anchor.write_anchor(settings, ledger, "2026-11-10.1", NOW)
    publish_manifest(settings, told)
    written_anew(attack, 3, lambda row: row.update(at="2026-01-01T00:00:00.000000Z"))
    kept = [found for found in anchor.known(settings) if "发布清单" in found.place]
    assert verify_chain(ledger, kept).breach.startswith("版次 2026-11-10.1 的发布清单记下的第 12 条散列与审计记录不同")


@pytest.mark.parametrize(
    "line", ["not json\n", "{}\n", '{"number": "1", "seq": 1, "own_hash": "", "edition_id": "", "at": ""}\n']
)
def test_a_damaged_anchor_is_named(settings: Settings, ledger: Ledger, line: str) -> None:
    first, _ = settings.anchors.read_text().splitlines(keepends=True)
    settings.anchors.write_text(first + line)
    with pytest.raises(anchor.DamagedError, match="锚点文件第 2 行"):
        anchor.known(settings)


def test_half_an_anchor_that_a_kill_left_is_no_anchor_and_is_replaced_by_the_next(
    settings: Settings, ledger: Ledger
) -> None:
    with settings.anchors.open("a") as file:
        file.write('{"number": 3, "se')
    assert len(anchor.known(settings)) == 2
    anchor.write_anchor(settings, ledger, "2026-11-12.1", NOW)
    assert [found.anchor.number for found in anchor.known(settings)] == [1, 2, 3]
    assert judged(settings, ledger).anchors == 3
