"""The small city with a mark in every figure: which area it is of, and whether it is the exact one or the public one."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.dashboard.published_city import CITY, CLOSING, SUSPECTED, City
from tests.dashboard.published_fixture import build

FIGURES = {
    "reading": ("numerator", "value"),
    "episode": ("observed", "expected", "people"),
    "score": ("observed", "expected"),
    "forecast": ("expected", "lo80", "hi80", "lo95", "hi95"),
    "nowcast": ("value", "likely", "lo", "hi"),
    "revision": ("value_before", "value"),
    "contributor": ("observed", "expected"),
    "employer": ("insured",),
    "filed_report": ("staff", "planned"),
    "announced_event": ("jobs", "employers"),
    "breakdown": ("units",),
    "monitored_list": ("cur_jobs", "losses"),
    "shortage_list": ("staff", "unfilled"),
    "welfare_list": ("persons",),
    "arrears_lead": ("persons", "amount"),
    "layoff_lead": ("people", "reported", "staff"),
}
_EXACT, _PUBLIC = 1_000_000, 1_500_000
_NUMBER = re.compile(r"(?<![0-9A-Za-z.])(?:\d{1,3}(?:,\d{3})+|\d{7,})(?![0-9A-Za-z])")  # no part of a hash
_REACH = re.compile(r'"autorangeoptions": \{[^}]*\}')  # of an axis: beyond its own largest figure, which is looked at
EMPLOYER_OF = {"371503": CLOSING, "371522": SUSPECTED}


@dataclass(frozen=True)
class Marked:
    """A published city; ``spoken_of`` says what a text says of whom."""

    city: City

    def spoken_of(self, text: str) -> dict[str, set[str]]:
        """Area → what of it stands in a text: code, name, employer, ``exact`` or ``public`` figures."""
        found: dict[str, set[str]] = {area: set() for area in [CITY, *self.city.units]}
        plain = json.dumps(json.loads(text), ensure_ascii=False) if text.startswith(("{", "[")) else text
        for area in self.city.units:
            names = {"code": area, "name": self.city.names[area]}
            names |= dict(zip(("employer", "employer name"), EMPLOYER_OF.get(area, ()), strict=False))
            found[area] |= {kind for kind, word in names.items() if word in plain}
        for number in _NUMBER.findall(_REACH.sub("", plain)):
            place, rest = divmod(int(number.replace(",", "")), 1_000_000)
            if 1 <= place <= len(found):
                found[[CITY, *self.city.units][place - 1]].add("public" if rest >= 500_000 else "exact")
        return found


def mark(folder: Path) -> Marked:
    """Build the city and put the marks into its files."""
    city = build(folder)
    where = " ".join(f"when '{area}' then {place + 1}" for place, area in enumerate([CITY, *city.units]))
    for name, base in (("restricted", _EXACT - 1_000_000), ("general", _PUBLIC - 1_000_000)):
        with duckdb.connect(str(folder / city.editions[-1][0] / f"{name}.duckdb")) as con:
            tables = {table for (table,) in con.execute("select table_name from duckdb_tables()").fetchall()}
            con.execute("update place set residents = residents / 1000")  # real numbers, which would look like marks
            for table, columns in FIGURES.items():
                for column in columns if table in tables else ():
                    con.execute(
                        f"update {table} set {column} = 1000000 * (case area {where} else 0 end) + {base} "
                        f"+ rowid % 400000 where {column} is not null"
                    )
    return Marked(city)
