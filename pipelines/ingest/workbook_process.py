"""Reads a workbook in a process apart: the reader library ends its process when a file asks for too much memory.

XLSX is measured before it is opened and read in the caller's process, which is faster. Formats that cannot be measured
so, XLS above all, are read here: the process lives on for the next file, and when it dies only that file is refused.
"""

import atexit
import os
import pickle
import resource
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

from pipelines.domain import Said
from pipelines.ingest.encoding import RefusedError
from pipelines.ingest.workbook import DAMAGED, Workbook, read_workbook

MOST_MEMORY = 3 << 30
MOST_SECONDS = 60
_SIZE = 8
_ROOT = Path(__file__).resolve().parents[2]


class _Reader:
    """The process apart, started when it is first needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def read(self, content: bytes, kind: str) -> Workbook:
        with self._lock:
            process = self._process or self._started()
            clock = threading.Timer(MOST_SECONDS, process.kill)
            clock.start()
            try:
                assert process.stdin is not None  # noqa: S101
                assert process.stdout is not None  # noqa: S101
                _send(process.stdin, pickle.dumps((content, kind)))
                answer = _receive(process.stdout)
            except (EOFError, OSError) as error:
                self.close()
                raise RefusedError(DAMAGED) from error
            finally:
                clock.cancel()
        found = pickle.loads(answer)  # noqa: S301  # nosec B301 # from our own process, through a pipe of ours
        if isinstance(found, Said):
            raise RefusedError(found)
        assert isinstance(found, Workbook)  # noqa: S101
        return found

    def _started(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.ingest.workbook_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what the library prints when it gives up is of no use to anybody
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))},
        )
        return self._process

    def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


_READER = _Reader()
atexit.register(_READER.close)


def read_apart(content: bytes, kind: str) -> Workbook:
    """Read a workbook in the process apart. Raises RefusedError when it cannot be read or its reader died of it."""
    return _READER.read(content, kind)


def _send(pipe: IO[bytes], message: bytes) -> None:
    pipe.write(len(message).to_bytes(_SIZE, "little") + message)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> bytes:
    head = pipe.read(_SIZE)
    size = int.from_bytes(head, "little")
    message: bytes = pipe.read(size)
    if len(head) < _SIZE or len(message) < size:
        raise EOFError
    return message


def _serve() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold what is in the workbook
    while True:
        try:
            content, kind = pickle.loads(_receive(sys.stdin.buffer))  # noqa: S301  # nosec B301 # from the process that started us
        except EOFError:
            return
        try:
            answer: Workbook | Said = read_workbook(content, kind)
        except RefusedError as refusal:
            answer = refusal.said
        _send(sys.stdout.buffer, pickle.dumps(answer))


if __name__ == "__main__":
    _serve()
