"""A region's own words in English: names of places and industries, titles of rules and measures, what they stand on."""

from pathlib import Path

from pipelines.core.region.table import read_table, text

FILE = "english.csv"


def english(folder: Path) -> dict[str, str]:
    """Words of the region's tables → the same in English (english.csv; without the file nothing).

    Raises UserError naming file, line and column for an empty cell or words that stand there twice.
    """
    path = folder / FILE
    if not path.exists():
        return {}
    table = read_table(path, {"zh": text, "en": text})
    table.require_unique("zh")
    return dict(zip(table.frame["zh"], table.frame["en"], strict=True))
