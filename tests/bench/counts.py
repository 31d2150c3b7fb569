"""How large the program is, and how many functions one row of a claims file goes through to a page and to a mail.

One file of claims is ingested, an edition is run, the page of its indicator is asked for and the mails are sent, all in
this process. ``entered`` are the distinct functions of ours that were entered, and their modules: all that a day runs,
whatever for. ``on_the_way`` are those on the stack, above the command or the request, while a file of the row was
opened (its submission, its raw copy, the mails) or a statement ran that names a table where it is counted (the claims,
the readings): who passes it on. ``passing`` are functions that do nothing but call one other with what they were given.
"""

import ast
import os
import re
import statistics
import sys
import tempfile
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import CodeType, FrameType
from typing import Any
from unittest import mock

import duckdb

from dashboard.web.app import create_app
from pipelines.__main__ import main
from pipelines.core.domain import Role
from pipelines.core.settings import Settings
from pipelines.ledger import open_ledger
from pipelines.ledger.accounts import link

ROOT = Path.cwd()
PARTS = tuple(str(ROOT / part) + os.sep for part in ("dashboard", "pipelines", "models"))
SAMPLE = ROOT / "data" / "sample" / "benefit_claim" / "benefit_claim_371521_20200305.csv"
OF_THE_ROW = re.compile(r"\b(?:benefit_claim|reading)\b")
FILES_OF_THE_ROW = re.compile(r"benefit_claim_371521|/raw/|/outbox/")


def run(*, small: bool = False) -> dict[str, object]:
    """Count; there is no shorter form."""
    del small
    found = {**count_files(), **follow_row()}
    for name, value in found.items():
        print(f"{name:>24}  {value}")
    return found


def count_files() -> dict[str, object]:
    """Product files, their lines, what only passes on, what is needed at run time."""
    paths = [path for part in PARTS for path in Path(part).rglob("*.py")]
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    is_demo = {path: "demo" in path.relative_to(ROOT).parts or path.name == "demo.py" for path in paths}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        "files": len(paths),
        "lines": sum(lines.values()),
        "lines_without_demo": sum(count for path, count in lines.items() if not is_demo[path]),
        "median_file": statistics.median(lines.values()),
        "longest_file": max(lines.values()),
        "dependencies": len(project["dependencies"]),
        "passing": [one for path in sorted(paths) for one in passing_functions(path)],
    }


def passing_functions(path: Path) -> Iterator[str]:
    """Functions of a module whose body is one call with their own parameters, in their order, and nothing else."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.decorator_list:
            continue
        body = [one for one in node.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
        given = [one.arg for one in (*node.args.args, *node.args.kwonlyargs)]
        if len(body) == 1 and isinstance(body[0], ast.Return | ast.Expr) and isinstance(body[0].value, ast.Call):
            call = body[0].value
            values = [*call.args, *(keyword.value for keyword in call.keywords)]
            if given and [one.id for one in values if isinstance(one, ast.Name)] == given and len(values) == len(given):
                yield f"{path.relative_to(ROOT)}:{node.name}"


def is_ours(code: CodeType) -> bool:
    """Whether it is a function of the program, no module, lambda or comprehension."""
    return code.co_filename.startswith(PARTS) and not code.co_name.startswith("<")


class _Way:
    """The functions that were entered, and those that were on the stack when the row was touched."""

    def __init__(self) -> None:
        self.entered: set[CodeType] = set()
        self.touching: set[CodeType] = set()
        self.is_on = False

    def enter(self, frame: FrameType, event: str, _value: object) -> None:
        """A hook of the interpreter: a function is called or returns."""
        if event == "call" and frame.f_code not in self.entered and is_ours(frame.f_code):
            self.entered.add(frame.f_code)

    def touch(self) -> None:
        """Note who is on the stack."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            if is_ours(frame.f_code):
                self.touching.add(frame.f_code)
            frame = frame.f_back

    def audit(self, event: str, values: tuple[object, ...]) -> None:
        """A hook of the interpreter: a file is opened."""
        if self.is_on and event == "open" and FILES_OF_THE_ROW.search(str(values[0])):
            self.touch()


class _Connection:
    """A connection that notes the statements about the row."""

    def __init__(self, inner: Any, way: _Way) -> None:
        self._inner, self._way = inner, way

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __enter__(self) -> "_Connection":
        self._inner.__enter__()
        return self

    def __exit__(self, *given: Any) -> Any:
        return self._inner.__exit__(*given)

    def cursor(self) -> "_Connection":
        """As of DuckDB."""
        return _Connection(self._inner.cursor(), self._way)

    def execute(self, statement: Any, *given: Any, **named: Any) -> Any:
        """As of DuckDB."""
        if OF_THE_ROW.search(str(statement)):
            self._way.touch()
        self._inner.execute(statement, *given, **named)
        return self

    def sql(self, statement: Any, *given: Any, **named: Any) -> Any:
        """As of DuckDB."""
        if OF_THE_ROW.search(str(statement)):
            self._way.touch()
        return self._inner.sql(statement, *given, **named)


@contextmanager
def _watched() -> Iterator[_Way]:
    way, connect = _Way(), duckdb.connect
    sys.addaudithook(way.audit)
    threading.setprofile(way.enter)
    sys.setprofile(way.enter)
    way.is_on = True
    with mock.patch.object(duckdb, "connect", lambda *given, **named: _Connection(connect(*given, **named), way)):
        try:
            yield way
        finally:
            way.is_on = False
            sys.setprofile(None)
            threading.setprofile(None)


def follow_row() -> dict[str, object]:
    """Functions and modules from the inbox to the page and to the mail."""
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, _environment(Path(folder))):
        inbox = Path(folder, "var", "inbox", "benefit_claim", "2020-03-06")
        inbox.mkdir(parents=True)
        (inbox / SAMPLE.name).write_bytes(SAMPLE.read_bytes())
        with _watched() as way:
            for command in ("ingest --backfill", "run --day 2020-03-07", "outbox send"):
                _command(command)
            status = _page("/indicator/benefit_claim?area=371521")
    assert status == 200
    return {
        "entered": len(way.entered),
        "entered_modules": len({code.co_filename for code in way.entered}),
        "on_the_way": len(way.touching),
        "on_the_way_modules": len({code.co_filename for code in way.touching}),
        "way": sorted(f"{Path(code.co_filename).relative_to(ROOT)}:{code.co_qualname}" for code in way.touching),
    }


def _environment(folder: Path) -> dict[str, str]:
    return {"GANGSHAO_DATA": str(folder / "var"), "GANGSHAO_KEYS": str(folder / "keys")}


def _command(words: str) -> None:
    with mock.patch.object(sys, "argv", ["gangshao", *words.split()]), suppress(SystemExit):
        main()


def _page(path: str) -> int:
    settings = Settings()
    settings.demonstration_mark.touch()  # links sign in to invented data only
    ledger = open_ledger(settings)
    client = create_app(settings, ledger).server.test_client()
    token = link.issue_link(ledger, Role.CITY_LEADER, frozenset(), "leader", timedelta(hours=1), datetime.now(UTC))
    client.post(f"/sign-in/{token}", json={}, headers={"Origin": "http://localhost"})
    return client.get(path, headers={"Accept": "text/html"}).status_code
