"""Names that a password must not rest on: the region's, its places' and offices'."""

from functools import cache
from pathlib import Path

from pipelines.core.region.load import load


@cache
def known_words(folder: Path) -> tuple[str, ...]:
    """Names of the region folder. Raises UserError when it cannot be read."""
    region = load(folder)
    names = [*region.places["name"], *region.places["short_name"], *region.aliases, *region.offices["name"]]
    return tuple(dict.fromkeys([region.name_zh, region.name_en, *map(str, names)]))
