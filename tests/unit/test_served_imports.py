"""A server stays for months: what only other commands need, or only rare acts of a page, is not in its memory."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_TO_SERVE = {"pipelines.run", "pipelines.cli.run", "pipelines.cli.trace", "pipelines.cli.demo", "pipelines.demo", "scipy", "sklearn", "sqlglot",
                "zxcvbn", "alembic",
                "pyarrow", "pipelines.formcheck.form_check"}  # fmt: skip
PROGRAM = """
import json, sys
from pipelines.core.memory_tuning import become_lean
become_lean()
import pipelines.cli.serve, dashboard.web.serve
from pipelines.core.settings import load
from dashboard.web.app import create_app
create_app(load())
json.dump(sorted(sys.modules), sys.stdout)
"""


def test_a_server_brings_nothing_in_that_only_others_need(tmp_path: Path) -> None:
    environment = {"GANGSHAO_DATA": str(tmp_path / "var"), "GANGSHAO_KEYS": str(tmp_path / "keys")}
    found: set[str] = set()
    for _ in range(2):  # the first makes the ledger, which needs alembic
        told = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, cwd=ROOT, stdout=subprocess.PIPE, check=True
        )
        found = set(json.loads(told.stdout))
    assert found & NOT_TO_SERVE == set()
    assert "duckdb" in found
