"""The systemd units as shipped: how little they may do, and that two users of one group can do their work with it."""

import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard.upload.check import written_aside
from pipelines.core.log import DailyFile
from pipelines.core.settings import Settings
from pipelines.ledger import open_ledger
from pipelines.ledger.audit_trail import trail
from tests.forked import ROOT

UNITS = sorted((ROOT / "pipelines" / "deploy").glob("*.service"))
RUN, WEB, GROUP = 64101, 64102, 64100  # numbers that nobody has
PROGRAM = """
import duckdb, pandas, sklearn.linear_model, highspy, cryptography, argon2
import dashboard.web.serve, tests.preloaded, dashboard.upload.check
assert duckdb.sql("select sum(i) from range(9) t(i)").fetchall() == [(36,)]
assert argon2.PasswordHasher().hash("x")
"""
LOCK_DOWN = "import ctypes; assert ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) == 0, 'cannot'"  # PR_SET_MDWE


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_is_rated_as_hardened(unit: Path) -> None:
    assert shutil.which("systemd-analyze"), "systemd-analyze is missing. Install it with: sudo apt-get install systemd"
    told = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", unit],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
    assert found, told
    assert float(found[1]) < 2


def test_the_program_needs_no_memory_that_is_written_and_run() -> None:
    """``MemoryDenyWriteExecute``, as the kernel's switch that systemd sets does it."""
    program = LOCK_DOWN + PROGRAM
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    if "cannot" in done.stderr:
        pytest.skip("this kernel has no such switch")
    assert done.returncode == 0, done.stderr


def as_user(user: int, work: Callable[[], None]) -> int:
    """Do something in a process of this user, with the units' umask; 0 when it went well."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(GROUP)
            os.setuid(user)
            os.umask(0o007)
            work()
        except BaseException as error:
            os.write(2, f"{error!r}\n".encode())
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act for two users")
def test_the_dashboards_user_fills_inbox_and_log_and_touches_nothing_else(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    settings = Settings(data=tmp_path / "var")
    [line] = re.findall(
        r"^sudo install -d .*\n(?:^sudo install -d .*\n)*",
        (ROOT / "docs" / "operate" / "schedule.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )[:1]
    for owner, group, mode, places in re.findall(r"-o (\S+) -g (\S+) -m (\d+) (.*)", line):
        for place in places.split():
            made = Path(
                place.replace("/srv/gangshao/var", str(settings.data)).replace(
                    "/srv/gangshao-keys", str(tmp_path / "keys")
                )
            )
            made.mkdir(parents=True, exist_ok=True)
            os.chown(made, {"gangshao": RUN, "gangshao-web": WEB}[owner], {"gangshao": GROUP}[group])
            made.chmod(int(mode, 8))
    warm = open_ledger(Settings(data=tmp_path / "warm"))  # what is imported on the way may lie where only root reads
    warm.close()
    with written_aside(tmp_path / "inbox", "vacancy", b"x") as aside:
        aside.take_place("vacancy.csv")

    def make_ledger() -> None:
        open_ledger(settings).close()

    def upload() -> None:
        ledger = open_ledger(settings)
        trail.write_entry(ledger, trail.Act.SIGN_IN, trail.Actor("someone", "127.0.0.1"), "/", audit_now())
        with written_aside(settings.inbox, "benefit_claim", b"x") as aside:
            aside.take_place("benefit_claim.csv")
        log_as("web")

    def take() -> None:
        (settings.inbox / "benefit_claim" / "benefit_claim.csv").unlink()
        ledger = open_ledger(settings)
        trail.write_entry(ledger, trail.Act.SIGN_IN, trail.Actor("someone", "127.0.0.1"), "/", audit_now())
        log_as("run")

    def log_as(part: str) -> None:
        handler = DailyFile(settings.log, part, 183)
        handler.emit(record())
        assert list(settings.log.glob(f"*.{part}.jsonl"))

    assert as_user(RUN, make_ledger) == 0
    assert as_user(WEB, upload) == 0
    assert as_user(RUN, take) == 0
    for forbidden in ("published", "audit"):
        assert as_user(WEB, (settings.data / forbidden / "mine").touch) == 1
        assert as_user(WEB, (settings.data / forbidden).rmdir) == 1
    assert as_user(WEB, lambda: print(list((settings.data / "raw").iterdir()))) == 1
    assert as_user(WEB, lambda: print(list((tmp_path / "keys").iterdir()))) == 1


def audit_now() -> datetime:
    return datetime.now(UTC)


def record() -> logging.LogRecord:
    return logging.LogRecord("dashboard", logging.INFO, __file__, 1, "answered", (), None)
