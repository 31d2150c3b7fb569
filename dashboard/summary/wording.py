"""What published files and the region's tables say in Chinese, in the reader's language."""

from functools import lru_cache
from pathlib import Path

import pandas as pd
from flask import current_app, g

from dashboard.locale import Language, language, messages
from pipelines.core.translations import FILE, english

REGION = "GANGSHAO_REGION"  # key of the region's folder in the server's configuration
_COLUMNS = ["name", "short_name", "title", "rule_title", "basis", "formula", "source"]


def worded(stored: str) -> str:
    """A text as it is stored, in the reader's language; as it stands where nobody has said it in English."""
    return stored if language() is Language.CHINESE else _known().get(stored, stored)


def in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """The same for all columns that hold such texts."""
    if language() is Language.CHINESE:
        return frame
    known = _known()
    return frame.assign(
        **{name: frame[name].map(known).fillna(frame[name]) for name in frame.columns.intersection(_COLUMNS)}
    )


def _known() -> dict[str, str]:
    """The catalogue's sentences about what the program itself publishes, and the region's words."""
    if "gangshao_words" not in g:
        file: Path = current_app.config[REGION] / FILE
        g.gangshao_words = _of(file.parent, file.stat().st_mtime_ns if file.exists() else 0)
    found: dict[str, str] = g.gangshao_words
    return found


@lru_cache(maxsize=2)
def _of(folder: Path, _changed_at: int) -> dict[str, str]:
    own = {stored: said for stored, said in messages(Language.ENGLISH).items() if not stored.isascii()}
    return own | english(folder)
