"""The region's tables as the server's acts and pages need them: read once for each state of the folder."""

from functools import lru_cache
from pathlib import Path

from flask import Flask

from pipelines.region import Region, load

REGION = "GANGSHAO_REGION"  # key of the folder in the server's configuration


def region(server: Flask) -> Region:
    """The region of this server, as its files are now. Raises UserError as ``load`` does."""
    folder: Path = server.config[REGION]
    return _loaded(folder, max(file.stat().st_mtime_ns for file in folder.iterdir()))


@lru_cache(maxsize=2)
def _loaded(folder: Path, _changed_at: int) -> Region:
    return load(folder)
