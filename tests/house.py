"""A data folder of its own, and the command line working on it as an administrator would."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from pipelines.operations import inventory
from tests import forked
from tests.forked import ROOT

LIAOCHENG = ROOT / "data" / "regions" / "liaocheng"
NEW_PASSWORD = {"password": "purple hippo naps on roofs", "again": "purple hippo naps on roofs"}
"""What a page that sets a password sends."""


@dataclass
class House:
    """A data folder with its keys, and the command line working on it as an administrator would."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.folder / "var"

    @property
    def env(self) -> dict[str, str]:
        own = {"GANGSHAO_DATA": str(self.data), "GANGSHAO_KEYS": str(self.folder / "keys"), "OMP_NUM_THREADS": "1"}
        own |= {"GANGSHAO_REGION": str(self.region)}
        return os.environ | own | self.environment

    @property
    def region(self) -> Path:
        """Liaocheng with desks that do not close today: what is told does not hang on when a test runs."""
        folder = self.folder / "liaocheng"
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=self._made()) as aside:
                shutil.copytree(LIAOCHENG, made := Path(aside) / "liaocheng")
                _keep_open(made)
                made.rename(folder)
        return folder

    def _made(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder

    def gangshao(
        self, *arguments: str, status: int = 0, is_fresh: bool = False, prepare: Callable[[], None] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the command line; anything but the expected exit status fails the test with what was printed.

        A fresh process imports everything itself and so orders sets otherwise than forked ones, which all do it alike;
        a forked one calls ``prepare`` before the command. A backup is named by its second: the next one waits for it.
        """
        if arguments[0] == "backup":
            self._await_second()
        done = self._fresh(arguments) if is_fresh else self._forked(arguments, prepare)
        assert done.returncode == status, (
            f"gangshao {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}"
        )
        assert "Traceback" not in done.stderr
        return done

    def account(self, role: str, name: str = "li.si") -> str:
        """Open an account; returns the address of the link by which its owner sets ``NEW_PASSWORD``."""
        return self.gangshao("account", "add", name, "--role", role, "--person", "李四").stdout.strip()

    def _await_second(self) -> None:
        while (self.data / "backups" / inventory.folder_name(datetime.now(UTC))).exists():
            time.sleep(0.05)

    def _fresh(self, arguments: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pipelines", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, check=False)

    def _forked(
        self, arguments: tuple[str, ...], prepare: Callable[[], None] | None
    ) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            process = forked.start(arguments, self.env, out, err, prepare)
            process.join()
            assert process.exitcode is not None
            return subprocess.CompletedProcess(
                arguments, process.exitcode, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")
            )

    def hashes(self) -> dict[str, str]:
        """Hash of every table of warehouse and published files, as the doctor tells them."""
        lines = self.gangshao("doctor", "--hashes").stdout.splitlines()
        return {name: value for value, name in (line.split("  ", 1) for line in lines)}

    def copy(self, folder: Path) -> "House":
        """The same house elsewhere; files are shared where nothing rewrites them in place."""
        shutil.copytree(self.folder, folder, copy_function=_link_or_copy)
        (folder / "var").chmod(0o750)  # as the program makes it, whatever made the first one
        return House(folder, dict(self.environment))

    @property
    def restricted(self) -> Path:
        """The published restricted file in force."""
        published = self.data / "published"
        return published / (published / "current").read_text(encoding="utf-8").strip() / "restricted.duckdb"

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        """Rows of the published restricted file."""
        with duckdb.connect(str(self.restricted), read_only=True) as con:
            return con.execute(sql).fetchall()


def _keep_open(region: Path) -> None:
    """Offices work around the clock, and today and tomorrow are workdays."""
    path = region / "offices.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace("08:30,17:30,21:00,07:00", "00:00,23:59,23:59,00:00"), "utf-8"
    )
    path = region / "calendar.csv"
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    days = [today + timedelta(days=ahead) for ahead in range(2)]
    kept = [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if not any(line.startswith((f"{day},holiday", f"{day},makeup")) for day in days)
    ]
    kept += [f"{day},makeup,测试,false" for day in days if day.weekday() > 4]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")


def _link_or_copy(source: str, target: str) -> None:
    if source.endswith((".duckdb", ".sqlite", ".sqlite-wal", ".sqlite-shm", ".jsonl", ".lock")):
        shutil.copy2(source, target)
    else:
        os.link(source, target)
