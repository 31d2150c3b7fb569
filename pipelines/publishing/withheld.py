"""Told figures of the city that an office may not see: without its own, which it knows, too little would be left.

An office reads its own area exactly. A figure of the city less its own is the figure of all other areas together; where
that is small for itself, the city's is kept from the office, and with it as many others of its table as the totals of
the table would need to tell it. Decided when the figure is released, for every office by the readings of that time.
"""

from datetime import datetime

import duckdb

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import TOTAL_INDUSTRY
from pipelines.core.region.load import Region
from pipelines.core.sql import Sql, step
from pipelines.publishing.decision import period_back
from pipelines.publishing.disclosure import WEEKLY_OF_CITY, small_cells


def offices(region: Region) -> tuple[str, ...]:
    """The areas of every reporting unit, and of every office that answers for several, as ``withheld`` names them."""
    several = {";".join(sorted(str(areas).split(";"))) for areas in region.offices["areas"]}
    return tuple(sorted((set(region.units) | several) - {region.city}))


def withhold(con: duckdb.DuckDBPyConnection, region: Region, known: datetime) -> None:
    """Write ``restricted.withheld`` for what was released after ``known``; ``restricted`` and ``general`` attached."""
    con.execute(step("told_of_city"), {"city": region.city, "known": known})
    con.execute(step("part_of_city"), {"city": region.city})
    small = small_cells(catalogue().values(), region.disclosure)
    for office in offices(region):
        _withhold(con, region, office, small)
    con.execute("drop table told_of_city; drop table part_of_city")


def _withhold(con: duckdb.DuckDBPyConnection, region: Region, office: str, small: Sql) -> None:
    """Of one table with a small remainder: these cells, and the next smallest until persons enough are among them.

    A week's total that is withheld takes the total of the month in which it ends with it, as ``outside`` does.
    """
    con.execute(step("beside_own", is_small=small), {"own": office.split(";")})
    asked = {"weekly": list(WEEKLY_OF_CITY), "persons": region.disclosure.persons, "every_industry": TOTAL_INDUSTRY}
    con.execute(step("withheld_cells"), {"office": office, **asked})
    for rate in catalogue().values():
        for share in rate.shares:
            con.execute(
                step("withheld_rates", period=period_back("c", share)),
                {"office": office, "count": share.indicator, "rate": rate.name},
            )
