"""What the forecaster remembers, kept in files between runs: they save time and decide nothing.

A file that is missing, stale, damaged or cannot be written is no trouble: everything is learnt again from the readings.
"""

import hashlib
import json
import logging
import os
import shutil
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import scipy

import models
from models.assess import Memory
from models.model_state import from_arrays, to_arrays

log = logging.getLogger(__name__)


class MemoryFolder:
    """A file an indicator: a line that says what the rest is of, and the rest, an npz without pickled objects."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, indicator: str) -> Path:
        return self._folder / f"{indicator}.memory"

    def load(self, indicator: str, method: str) -> Memory | None:
        """What a method remembered of an indicator; None, and a line in the log, where it is of no use."""
        path = self._path(indicator)
        try:
            head, _, body = path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            log.info("nothing is remembered of %s", indicator)
            return None
        except OSError as error:
            log.warning("%s cannot be read (%s): everything is learnt again", path, error.strerror)
            return None
        if head == _head(body):
            with np.load(BytesIO(body), allow_pickle=False) as arrays:
                memory = from_arrays({name: arrays[name] for name in arrays.files})
            if memory.method == method:
                return memory
            log.warning("%s is of the method %s: everything is learnt again", path, memory.method)
            return None
        is_stale = _digest(body) in head.decode(errors="replace")
        log.warning("%s is %s: everything is learnt again", path, "of another version" if is_stale else "damaged")
        return None

    def save(self, indicator: str, memory: Memory) -> None:
        """Replace what was remembered: the file is the old or the new one, also after a power failure."""
        packed = BytesIO()
        np.savez(packed, **to_arrays(memory))  # type: ignore[arg-type]
        body = packed.getvalue()
        path = self._path(indicator)
        aside = path.with_name(f".{path.name}.part")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            aside.unlink(missing_ok=True)
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.writelines([_head(body), b"\n", body])
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        except OSError as error:
            log.warning("%s cannot be written (%s): the next run learns everything again", path, error.strerror)

    def forget(self) -> None:
        """Remove what is remembered of all indicators."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _head(body: bytes) -> bytes:
    return json.dumps({"version": _version(), "sha256": _digest(body)}).encode()


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@cache
def _version() -> str:
    """Of all that decides what is learnt from a panel: the code of the models with its recipes, and the libraries."""
    digest = hashlib.sha256(f"numpy {np.__version__}, scipy {scipy.__version__}".encode())
    for path in sorted(Path(models.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
