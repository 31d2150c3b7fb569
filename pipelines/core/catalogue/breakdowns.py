"""The catalogue of breakdowns: counts of a feed parted by a code of its rows, read from the headers of their SQL."""

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from pipelines.core.domain import Grain, UserError
from pipelines.core.sql import IN_ENGLISH, SQL, header_of

BREAKDOWNS = SQL / "breakdowns"
_REQUIRED = ("title", "unit", "units", "grain", "categories", "formula", "source")
_SCALES = {"percent": 100.0}
_LOOK_BACK_DAYS = "62"


@dataclass(frozen=True)
class Breakdown:
    """A measure parted by category, for the bureau and the office concerned; nobody judges or forecasts it.

    Titles, formula and source are in Chinese and in English. ``code_list``: the list of codes that the categories are
    of; empty where ``categories`` names them. With ``overlaps`` a person or employer may be in several categories, and
    no share is told. ``is_ahead``: periods may lie in the future.
    """

    name: str
    title: tuple[str, str]
    unit: str
    units: str
    grain: Grain
    code_list: str
    categories: dict[str, tuple[str, str]]
    formula: tuple[str, str]
    source: tuple[str, str]
    sql: str
    look_back_days: int
    overlaps: bool = False
    is_ahead: bool = False

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """The fact tables it reads; a server, which asks for none, does not hold the parser."""
        import sqlglot  # noqa: PLC0415

        found = sqlglot.parse_one(self.sql, read="duckdb").find_all(sqlglot.exp.Table)
        return tuple(sorted({table.name for table in found} - {"listed_code"}))

    @property
    def scale(self) -> float:
        """What numerator ÷ denominator is multiplied by."""
        return _SCALES.get(self.unit, 1.0)


def _in_both(words: str) -> tuple[str, str]:
    zh, _, en = words.partition(IN_ENGLISH)
    return zh, en or zh


def _categories(said: str) -> dict[str, tuple[str, str]]:
    """Categories a header names (``code = 中文 | English; …``); none where it names a list of codes."""
    if "=" not in said:
        return {}
    parts = (part.partition("=") for part in said.split(";"))
    return {code.strip(): _in_both(words.strip()) for code, _, words in parts}


def parse(path: Path) -> Breakdown:
    """Read one file. Raises UserError that names the file and what its header lacks."""
    text = path.read_text(encoding="utf-8")
    header = header_of(text)
    missing = [key for key in _REQUIRED if key not in header]
    if missing:
        raise UserError(f"分组文件 {path.name} 的表头缺少 {'、'.join(missing)}，请补上 (breakdown header incomplete)")
    categories = _categories(header["categories"])
    return Breakdown(
        name=path.stem,
        title=_in_both(header["title"]),
        unit=header["unit"],
        units=header["units"],
        grain=Grain(header["grain"]),
        code_list="" if categories else header["categories"],
        categories=categories,
        formula=_in_both(header["formula"]),
        source=_in_both(header["source"]),
        sql=text,
        look_back_days=int(header.get("look_back_days", _LOOK_BACK_DAYS)),
        overlaps=header.get("overlap") == "yes",
        is_ahead=header.get("ahead") == "yes",
    )


@cache
def breakdowns(folder: Path = BREAKDOWNS) -> dict[str, Breakdown]:
    """All breakdowns by name."""
    return {path.stem: parse(path) for path in sorted(folder.glob("*.sql"))}
