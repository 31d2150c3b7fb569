"""For the process that serves: it stays for months beside others, so it keeps no memory that it does not use."""

import ctypes
import os
import sys
from typing import Final

# Of GNU malloc, mallopt(3): threads share one heap (each would have its own), and what is free in it goes back.
_MALLOC: Final = {"M_ARENA_MAX": (-8, 1), "M_MMAP_THRESHOLD": (-3, 1 << 18), "M_TRIM_THRESHOLD": (-1, 1 << 20)}
# Of DuckDB's allocator, jemalloc(3); it reads this when DuckDB is imported.
_DUCKDB: Final = ("DUCKDB_JE_MALLOC_CONF", "narenas:1,dirty_decay_ms:0,muzzy_decay_ms:0")


def become_lean() -> None:
    """Let free memory go back to the machine, and leave out what pandas and Dash import only in case it is wanted.

    pandas would keep its texts in Arrow (44 MiB); without it, as where it is not installed, it keeps them in numpy.
    Dash asks IPython (10 MiB) whether it runs in a notebook. To be called before anything imports pandas, Dash or
    DuckDB. Who needs Arrow itself imports it as ever.
    """
    os.environ.setdefault(*_DUCKDB)
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):  # not of every C library
        for parameter, value in _MALLOC.values():
            libc.mallopt(parameter, value)
    sys.modules["IPython"] = sys.modules["pyarrow"] = None  # type: ignore[assignment]  # to import them fails
    try:
        import pandas  # noqa: F401, PLC0415  # now, while it finds no Arrow
    finally:
        del sys.modules["pyarrow"]
