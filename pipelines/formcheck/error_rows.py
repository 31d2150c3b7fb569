"""The sender's own table as CSV with a column more that says what is wrong with a row: mended, it can be sent as it is.

Like the error sheet it goes back to the sender and shows what the sender wrote; nothing here writes a file.
"""

import csv
import io
from collections import defaultdict

from pipelines.core.region.load import Region
from pipelines.core.text_safety import inert
from pipelines.feeds.contract import Contract
from pipelines.formcheck.error_sheet import LINE, MOST_ROWS, header_of, pages_of
from pipelines.formcheck.form_check import Checked
from pipelines.formcheck.parsing.encoding import RefusedError
from pipelines.formcheck.parsing.grid import rows_above_sheets
from pipelines.formcheck.parsing.parsed_file import Drop
from pipelines.formcheck.parsing.text import rows_above

PROBLEM = "问题"


def error_rows(contract: Contract, drop: Drop, checked: Checked, region: Region) -> bytes:
    """CSV (UTF-8 with mark) of a file's first table: lines above it, header, rows as sent, the problem, the line.

    Of more than ``MOST_ROWS`` rows only the wrong ones. Empty when the table could not be read.
    """
    try:
        page = pages_of(contract, drop, region)[0]
    except RefusedError:
        return b""
    said: dict[int, list[str]] = defaultdict(list)
    for line, reason in zip(
        *(checked.quarantined.column(name).to_pylist() for name in ("line_number", "reason")), strict=True
    ):
        said[line].append(reason)
    header = header_of(contract, page)
    sink = io.StringIO(newline="")
    writer = csv.writer(sink)
    writer.writerows(_above(contract, drop, region))
    writer.writerow([inert(cell) for cell in (*header, PROBLEM, LINE)])
    shown = page.records(said if page.count > MOST_ROWS else None)
    for number, (line, cells) in enumerate(shown):
        if number == MOST_ROWS:
            break
        as_wide = [*cells, *[""] * (len(header) - len(cells))]
        problem = "".join(said.get(line, ()))
        writer.writerow([*map(inert, as_wide), problem, line - page.first_line])
    return sink.getvalue().encode("utf-8-sig")


def _above(contract: Contract, drop: Drop, region: Region) -> list[list[object]]:
    """What stands above the header as sent: it may say units."""
    if drop.workbook is None:
        rows = rows_above(drop.content, contract, region)
    else:
        rows = next(iter(rows_above_sheets(drop.workbook, contract, region)), [])
    return [[inert(cell) for cell in row] for row in rows]
