"""A data folder of its own, and the command line working on it as an administrator would."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]


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
        return os.environ | own | self.environment

    def gangshao(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Run the command line; anything but the expected exit status fails the test with what was printed."""
        done = subprocess.run(
            [sys.executable, "-m", "pipelines", *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, (
            f"gangshao {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}"
        )
        assert "Traceback" not in done.stderr
        return done

    def hashes(self) -> dict[str, str]:
        """Hash of every table of warehouse and published files, as the doctor tells them."""
        lines = self.gangshao("doctor", "--hashes").stdout.splitlines()
        return {name: value for value, name in (line.split("  ", 1) for line in lines)}

    def copy(self, folder: Path) -> "House":
        """The same house elsewhere; files are shared where nothing rewrites them in place."""
        shutil.copytree(self.folder, folder, copy_function=_link_or_copy)
        return House(folder, dict(self.environment))

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        """Rows of the published restricted file."""
        published = self.data / "published"
        path = published / (published / "current").read_text(encoding="utf-8").strip() / "restricted.duckdb"
        with duckdb.connect(str(path), read_only=True) as con:
            return con.execute(sql).fetchall()


def _link_or_copy(source: str, target: str) -> None:
    if source.endswith((".duckdb", ".sqlite", ".sqlite-wal", ".sqlite-shm", ".jsonl", ".lock")):
        shutil.copy2(source, target)
    else:
        os.link(source, target)
