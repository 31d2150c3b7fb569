"""Opens packed files in a confined process, which may take only so much memory and time and writes no file.

The libraries that read spreadsheets end their process when a file asks for too much memory. The process lives on for
the next file; when it dies or hangs, only that file is refused.
"""

import atexit
import io
import os
import pickle
import resource
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pipelines.core.domain import Said
from pipelines.formcheck.parsing.archive import Container, unpack

_SIZE = 8
_ROOT = Path(__file__).resolve().parents[3]
_KEPT = ("PATH", "LANG", "TZ", "TZDIR", "SYSTEMROOT")


@dataclass(frozen=True)
class Limits:
    """What opening one file may take: memory and answer in bytes, time in seconds."""

    memory: int = 3 << 30
    answer: int = 1 << 30
    seconds: float = 60


class Opener:
    """The confined process, started when it is first needed."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def open(self, content: bytes) -> Container:
        """What a packed file holds; a refusal where its reader died, hung or asked for too much."""
        with self._lock:
            process, is_late = self._process or self._started(), threading.Event()

            def stop() -> None:
                is_late.set()
                process.kill()

            clock = threading.Timer(self._limits.seconds, stop)
            clock.start()
            try:
                assert process.stdin is not None  # noqa: S101
                assert process.stdout is not None  # noqa: S101
                _send(process.stdin, content)
                answer = _receive(process.stdout)
            except (EOFError, OSError):
                self.close()
                return Container(False, refusal=self._late() if is_late.is_set() else self._died())
            finally:
                clock.cancel()
        found = pickle.loads(answer)  # noqa: S301  # nosec B301 # from our own process, through a pipe of ours
        assert isinstance(found, Container)  # noqa: S101
        return found

    def _started(self) -> subprocess.Popen[bytes]:
        paths = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        limits = (str(self._limits.memory), str(self._limits.answer))
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", "pipelines.formcheck.parsing.confined", *limits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what a library prints when it gives up may show what the file holds
            env={name: os.environ[name] for name in _KEPT if name in os.environ} | {"PYTHONPATH": paths},
        )
        return self._process

    def close(self) -> None:
        """End the process; the next file starts another."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _died(self) -> Said:
        most = f"{self._limits.memory / (1 << 30):g} GiB"
        return Said(
            f"打开这个文件所需的内存超过 {most}，或文件已损坏，已中止；多半是远处有误填的单元格，"
            "请删去空白行列之后的内容，或另存为 CSV 后重新报送。",
            f"Opening the file took more than {most} of memory or met damage and was stopped; probably a"
            " stray cell stands far out: delete what lies beyond the table, or save it as CSV, and send it again.",
        )

    def _late(self) -> Said:
        most = f"{self._limits.seconds:g}"
        return Said(
            f"打开这个文件超过 {most} 秒，已中止；请删去无关内容、分成几个文件，或另存为 CSV 后重新报送。",
            f"Opening the file took more than {most} seconds and was stopped; delete what does not belong to it, split"
            " it, or save it as CSV, and send it again.",
        )


_OPENER = Opener()
atexit.register(_OPENER.close)


def open_packed(content: bytes) -> Container:
    """Open a spreadsheet or an archive in the confined process."""
    return _OPENER.open(content)


def _send(pipe: IO[bytes], message: bytes) -> None:
    pipe.write(len(message).to_bytes(_SIZE, "little"))
    pipe.write(message)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> bytes:
    head = pipe.read(_SIZE)
    size = int.from_bytes(head, "little")
    message: bytes = pipe.read(size)
    if len(head) < _SIZE or len(message) < size:
        raise EOFError
    return message


def _pickled(found: Container) -> bytes:
    """A container as bytes; millions of cells need no table of what came before."""
    written = io.BytesIO()
    pickler = pickle.Pickler(written, protocol=pickle.HIGHEST_PROTOCOL)
    pickler.fast = True
    pickler.dump(found)
    return written.getvalue()


def _serve(memory: int, answer: int) -> None:
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),  # a core file would hold what is in the file
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(what, (most, most))
    while True:
        try:
            content = _receive(sys.stdin.buffer)
        except EOFError:
            return
        found = _pickled(unpack(content))
        if len(found) > answer:
            return
        _send(sys.stdout.buffer, found)


if __name__ == "__main__":
    _serve(*map(int, sys.argv[1:3]))
