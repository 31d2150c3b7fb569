"""A full disk, a folder nobody may write, a file nobody may read, two runs at once: one sentence, and nothing is lost."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests import forked
from tests.faults.anybody import become_anybody
from tests.faults.intake import INGEST, Undisturbed, left_waiting, raw, tables
from tests.faults.nursery import Nursery
from tests.house import House
from tests.tier import IS_LONG

pytestmark = pytest.mark.xdist_group("morning")
DISK_MIB = 24
ROOM_KIB = [0, 64]  # with 128 KiB left the small inbox just fits
if IS_LONG:
    ROOM_KIB += [kib for kib in (*range(4, 128, 4), 110) if kib not in ROOM_KIB]


def ingest(house: House, status: int) -> str:
    """Run an ingest without root's powers; returns what it said on one line."""
    return house.gangshao(*INGEST, status=status, prepare=become_anybody).stderr.replace("\n", "")


Complete = Callable[[House], None]


@pytest.fixture
def complete(undisturbed: Undisturbed, nursery: Nursery) -> Complete:
    """The next ingest, when what was in the way is gone: it ends as if nothing had been."""

    def completed(house: House) -> None:
        status, said = nursery.work(house, [INGEST])
        assert status == 0, said
        assert tables(house) == undisturbed.states[-1]
        assert raw(house) == undisturbed.raw
        assert not left_waiting(house)

    return completed


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(place)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if mounted.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted (only root may): {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.parametrize("room_kib", ROOM_KIB)
def test_a_full_disk_is_said_and_with_room_the_next_ingest_completes(
    room_kib: int, disk: Path, morning: House, undisturbed: Undisturbed, complete: Complete
) -> None:
    shutil.copytree(morning.folder, disk / "house")
    house = House(disk / "house", dict(morning.environment))
    ballast = disk / "ballast"
    state = os.statvfs(disk)
    ballast.write_bytes(b"." * (state.f_bavail * state.f_frsize - room_kib * 1024))
    said = ingest(house, status=2)
    assert "无法写入" in said or "无法读写" in said or "打不开台账" in said
    assert "磁盘" in said
    ballast.unlink()
    assert tables(house) in undisturbed.states[:-1]
    complete(house)


def test_a_data_folder_nobody_may_write_is_said_and_nothing_changes(
    morning: House, undisturbed: Undisturbed, house: Callable[[House], House], complete: Complete
) -> None:
    shut = house(morning)
    folders = [shut.data, *(path for path in shut.data.rglob("*") if path.is_dir())]
    files = [path for path in shut.data.glob("*") if path.is_file()]
    for path in (*folders, *files):
        path.chmod(0o555 if path.is_dir() else 0o444)
    said = ingest(shut, status=2)
    assert "权限" in said
    for path in (*folders, *files):
        path.chmod(0o755 if path.is_dir() else 0o600)
    assert tables(shut) == undisturbed.states[0]
    complete(shut)


def test_a_raw_folder_nobody_may_write_is_said_and_the_inbox_stays(
    morning: House, undisturbed: Undisturbed, house: Callable[[House], House], complete: Complete
) -> None:
    shut = house(morning)
    waiting = left_waiting(shut)
    kept = [shut.data / "raw", *(path for path in (shut.data / "raw").rglob("*") if path.is_dir())]
    for path in kept:
        path.chmod(0o555)
    assert "无法写入（Permission denied）" in ingest(shut, status=2)
    assert left_waiting(shut) == waiting
    assert tables(shut) == undisturbed.states[0]
    for path in kept:
        path.chmod(0o755)
    complete(shut)


def test_a_file_nobody_may_read_is_named_and_waits_while_the_others_are_taken(
    morning: House, undisturbed: Undisturbed, house: Callable[[House], House], complete: Complete
) -> None:
    shut = house(morning)
    (secret,) = (shut.data / "inbox" / "benefit_claim").rglob("*_supplement.csv")
    content = secret.read_bytes()
    secret.unlink()  # the copies of a house share their inbox's files
    secret.write_bytes(content)
    secret.chmod(0)
    said = ingest(shut, status=0)
    assert f"inbox/benefit_claim/{secret.parent.name}/{secret.name} 无法读取（Permission denied）" in said
    assert left_waiting(shut) == [secret.name]
    secret.chmod(0o644)
    complete(shut)


def test_a_folder_of_the_inbox_nobody_may_read_is_named_and_nothing_is_taken(
    morning: House, undisturbed: Undisturbed, house: Callable[[House], House], complete: Complete
) -> None:
    shut = house(morning)
    secret = shut.data / "inbox" / "vacancy"
    secret.chmod(0)
    said = ingest(shut, status=2)
    secret.chmod(0o755)
    assert "收件箱文件夹" in said
    assert "inbox/vacancy 无法读取（Permission denied）" in said
    assert tables(shut) == undisturbed.states[0]
    complete(shut)


def test_an_inbox_nothing_may_be_removed_from_is_taken_once_and_said(
    morning: House, undisturbed: Undisturbed, house: Callable[[House], House]
) -> None:
    shut = house(morning)
    waiting = left_waiting(shut)
    folders = [path for path in (shut.data / "inbox").rglob("*") if path.is_dir()]
    for path in folders:
        path.chmod(0o555)
    for _ in range(2):
        assert "已接收，但无法从收件箱移走（Permission denied）" in ingest(shut, status=0)
        assert tables(shut) == undisturbed.states[-1]
        assert left_waiting(shut) == waiting
    for path in folders:
        path.chmod(0o755)


def test_of_two_ingests_at_once_the_second_leaves_with_a_sentence(
    morning: House, undisturbed: Undisturbed, house: Callable[[House], House], tmp_path: Path
) -> None:
    """Only this finds two processes that take the same files in."""
    busy = house(morning)
    first = forked.start(tuple(INGEST), busy.env, tmp_path / "out", tmp_path / "err")
    assert first.pid is not None
    try:
        wait_for_more(busy.data / "raw" / "register.jsonl", first)
        os.kill(first.pid, signal.SIGSTOP)
        assert "另一个任务正在运行" in ingest(busy, status=3)
        os.kill(first.pid, signal.SIGCONT)
        first.join(60)
        assert first.exitcode == 0
    finally:
        first.kill()
        first.join()
    assert tables(busy) == undisturbed.states[-1]
    assert raw(busy) == undisturbed.raw


def wait_for_more(path: Path, process: BaseProcess) -> None:
    """Until the first batch is in the list of arrivals: the others are still to come."""
    before = path.stat().st_size
    while path.stat().st_size == before:
        assert process.is_alive(), "it ended before anybody could meet it"
        time.sleep(0.001)
