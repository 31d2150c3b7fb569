"""The form check in a process of its own: an unknown file may take only so much memory and time, and leaves nothing.

The child writes no file at all (its file size limit is zero, its core dumps are off, its error stream is closed), so
that whatever becomes of it no identity number stays anywhere. It answers through its pipe: a line of JSON, then the
quarantined rows as an Arrow stream, then the error sheet, then the same as CSV.
"""

import json
import os
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa

from pipelines.core.domain import Grain, Said, SaidError, UserError
from pipelines.core.region import load as regions
from pipelines.feeds.contract import Slice
from pipelines.formcheck.error_report import Rows, error_rows, error_sheet
from pipelines.formcheck.feed_detection import contract_of, feed_of
from pipelines.formcheck.form_check import Checker
from pipelines.formcheck.parsing.archive import is_archive
from pipelines.formcheck.parsing.submission import submissions_of
from pipelines.formcheck.validation.file_result import FileOutcome, as_json, outcome_of

_ROOT = Path(__file__).resolve().parents[2]
_MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What one check may take: size of the file, memory and the answer in bytes, time in seconds."""

    size: int = 64 * _MIB
    memory: int = 1536 * _MIB
    seconds: int = 60
    answer: int = 64 * _MIB


UPLOAD = Limits()
AT_THE_DESK = Limits(size=1024 * _MIB, memory=6144 * _MIB, seconds=600, answer=2048 * _MIB)
"""For the command line: whoever types it may wait."""


@dataclass(frozen=True)
class SandboxAnswer:
    """What the check of a file says; of an archive each file in it has its name and outcome.

    ``quarantined`` is as in ``Checked``; ``error_sheet`` and, of a file that is no archive, ``error_rows`` are there if
    asked for.
    """

    feed: str
    files: tuple[str, ...]
    outcomes: tuple[FileOutcome, ...]
    quarantined: pa.Table
    error_sheet: bytes | None
    error_rows: bytes | None = None

    @property
    def only_file(self) -> FileOutcome:
        """The outcome of a file that is no archive of several; ValueError for such a one."""
        (only,) = self.outcomes
        return only


def check_in_sandbox(
    content: bytes,
    file_name: str,
    region: Path,
    feed: str = "",
    sheet: Rows | None = None,
    limits: Limits = UPLOAD,
    meant: Slice | None = None,
) -> SandboxAnswer:
    """Check one file as an upload page does: no key, no store. ``region`` is the folder of reference tables.

    An empty ``feed`` is recognised by name or headers. ``meant`` is what the sender says that the file speaks for; then
    it must not be an archive, and has error sheets only where something is wrong with it. Raises SaidError when the
    feed cannot be recognised or is none of ours, and when the file takes more than the limits.
    """
    if len(content) > limits.size:
        raise SaidError(too_large(file_name, limits))
    request = {
        "feed": feed,
        "file_name": file_name,
        "region": str(region.resolve()),
        "sheet": sheet and sheet.value,
        "limits": asdict(limits),
        "meant": asdict(meant) if meant else None,
    }
    command = [sys.executable, "-m", "pipelines.formcheck.sandbox"]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, no shell
            command,
            input=json.dumps(request, default=str).encode() + b"\n" + content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=limits.seconds,
            cwd=_ROOT,
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SaidError(_too_slow(file_name, limits)) from error
    head, _, rest = done.stdout.partition(b"\n")
    if done.returncode != 0 or not head:
        raise SaidError(_broken_off(file_name, limits, done.returncode))
    answer = json.loads(head)
    if "said" in answer:
        raise SaidError(Said(**answer["said"]))
    rows, until = answer["rows_bytes"], answer["rows_bytes"] + answer["sheet_bytes"]
    with pa.ipc.open_stream(pa.py_buffer(rest[:rows])) as stream:
        quarantined = stream.read_all()
    outcomes = tuple(outcome_of(text) for text in answer["outcomes"])
    sheets = (rest[rows:until], rest[until:] or None) if sheet else (None, None)
    return SandboxAnswer(answer["feed"], tuple(answer["files"]), outcomes, quarantined, *sheets)


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ", "TZDIR", "SYSTEMROOT") if name in os.environ}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"}


def too_large(file_name: str, limits: Limits) -> Said:
    """What is said of a file beyond the limit of size."""
    most = limits.size // _MIB
    return Said(
        f"“{file_name}”超过 {most} MiB，不在这里检查；请分成几个文件，或放入收件箱接收。",
        f"{file_name} is larger than {most} MiB and is not checked here; split it, or put it into the inbox.",
    )


def _too_slow(file_name: str, limits: Limits) -> Said:
    return Said(
        f"检查“{file_name}”超过 {limits.seconds} 秒，已中止，没有留下任何内容；请分成几个文件后重试。",
        f"Checking {file_name} took more than {limits.seconds} seconds and was stopped; split the file and try again.",
    )


def _broken_off(file_name: str, limits: Limits, status: int) -> Said:
    most = limits.memory // _MIB
    return Said(
        f"检查“{file_name}”时内存超过 {most} MiB 或文件异常，已中止（{status}），没有留下任何内容；"
        "请另存为 CSV 或分成几个文件后重试。",
        f"Checking {file_name} took more than {most} MiB of memory or met a damaged file and was stopped ({status});"
        " save it as CSV or split it and try again.",
    )


# -- the child --


def _confine(limits: Limits) -> None:
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_DATA, limits.memory),
    ):
        resource.setrlimit(what, (most, most))


def _answer(request: dict[str, Any], limits: Limits, content: bytes) -> tuple[dict[str, Any], bytes]:
    region = regions.load(Path(request["region"]))
    contract = contract_of(request["feed"] or feed_of(request["file_name"], content, region))
    checker = Checker(region, None, f"{limits.memory // 2 // _MIB}MiB", threads=1)
    meant = _meant(request["meant"])
    if meant is not None and is_archive(content):
        raise SaidError(_ARCHIVE)
    drops = submissions_of(content, request["file_name"], contract, region, meant)
    checked = checker.check(contract, drops)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, checked.quarantined.schema) as stream:
        stream.write_table(checked.quarantined)
    rows = sink.getvalue().to_pybytes()
    sheet = text = b""
    is_wrong = checked.quarantined.num_rows > 0 or any(item.reason for item in checked.outcomes)
    if request["sheet"] and (is_wrong or meant is None):
        sheet = error_sheet(contract, drops, checked, region, Rows(request["sheet"]))
        text = error_rows(contract, drops[0], checked, region) if len(drops) == 1 else b""
    head = {
        "feed": contract.feed,
        "files": [drop.file_name for drop in drops],
        "outcomes": [as_json(outcome) for outcome in checked.outcomes],
        "rows_bytes": len(rows),
        "sheet_bytes": len(sheet),
    }
    if len(rows) + len(sheet) + len(text) > limits.answer:
        raise SaidError(_TOO_WRONG)
    return head, rows + sheet + text


_TOO_WRONG = Said(
    "这个文件的问题太多，无法逐条列出；请检查列是否错位，或分成几个文件后重试。",
    "This file has more problems than can be listed; look whether its columns are shifted, or split it and try again.",
)

_ARCHIVE = Said("这是压缩包；请解开后逐个文件报送。", "This is an archive; unpack it and send its files one by one.")


def _meant(told: dict[str, Any] | None) -> Slice | None:
    if told is None:
        return None
    return Slice(**told | {"period": date.fromisoformat(told["period"]), "grain": Grain(told["grain"])})


def _serve(source: BinaryIO, sink: BinaryIO) -> int:
    request = json.loads(source.readline())
    limits = Limits(**request["limits"])
    _confine(limits)
    try:
        head, rest = _answer(request, limits, source.read())
    except SaidError as error:
        head, rest = {"said": asdict(error.said)}, b""
    except UserError as error:  # the region's folder is wrong
        head, rest = {"said": {"zh": str(error), "en": "the region's folder is wrong"}}, b""
    except (MemoryError, duckdb.OutOfMemoryException, pa.ArrowMemoryError):
        return 3
    sink.write(json.dumps(head).encode() + b"\n" + rest)
    sink.flush()
    return 0


if __name__ == "__main__":
    try:
        _status = _serve(sys.stdin.buffer, sys.stdout.buffer)
    except BaseException:  # a traceback might show what the file holds
        _status = 4
    # Not sys.exit: leaving libraries may fail for lack of memory, after the answer has been given.
    os._exit(_status)
