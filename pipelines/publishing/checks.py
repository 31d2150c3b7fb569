"""Checks of an edition before it is published, one a file of pipelines/sql/checks: each counts what is wrong.

The first line of a file says in a sentence what it finds. A file of the same name in ``quick`` says in a fraction of
the time that nothing is wrong, by NULL, 0 or no row; only where it does not is the check run.
"""

from datetime import datetime

import duckdb

from pipelines.core.catalogue.table import Readers
from pipelines.core.catalogue.tables import published_tables, tables
from pipelines.core.domain import TOTAL_INDUSTRY, UserError
from pipelines.core.sql import Sql, literal, literals, names, texts
from pipelines.publishing.disclosure import IS_GENERAL, OF_EMPLOYER, WEEKLY_OF_CITY

_PLACES = {
    "reading": names(column.name for column in tables()["reading"].columns),
    "every_industry": literal(TOTAL_INDUSTRY),
    "of_employer": literal(OF_EMPLOYER),
    "weekly_of_city": literals(WEEKLY_OF_CITY),
    "restricted_only": literals(table.name for table in published_tables() if table.readers is not Readers.GENERAL),
    "is_general": IS_GENERAL,
}
_TEXTS = texts("checks", **_PLACES)
_QUICK = texts("checks/quick", **_PLACES)


def _sentence(text: Sql) -> str:
    return text.partition("\n")[0].removeprefix("-- ")


CHECKS = {_sentence(text): text for text in _TEXTS.values()}


def check(con: duckdb.DuckDBPyConnection, known: datetime) -> None:
    """Raise UserError by the first check that finds something; ``known``: the last cut-off that was published before.

    ``restricted`` and ``general`` are attached beside the warehouse.
    """
    for name, text in _TEXTS.items():
        quick = _QUICK.get(name)
        if quick is not None:
            found = con.execute(quick, {"known": known} if "$known" in quick else None).fetchall()
            if not found or not found[0][0]:
                continue
        wrong = con.execute(text).fetchall()[0][0]
        if wrong:
            raise UserError(f"发布前检查未通过：{_sentence(text)}，{wrong} 处；上一版次仍然有效")
