"""What is told of a workbook beside its rows: sheets left unread, hidden rows and columns, merged cells."""

from collections.abc import Collection, Sequence

from pipelines.core.domain import Said
from pipelines.feeds.contract import Column
from pipelines.formcheck.parsing.workbook import Sheet, Workbook

_SHOWN = 3


def of_sheets(book: Workbook, left: Sequence[str]) -> list[Said]:
    """Of the workbook as a whole; ``left`` are sheets whose header does not fit."""
    notes = list(book.notes)
    if left:
        names = "、".join(left)
        notes.append(
            Said(f"工作表“{names}”的表头不合约定，未读取。", f"Sheets without a fitting header were not read: {names}.")
        )
    if book.hidden:
        names = "、".join(sheet.name for sheet in book.hidden)
        notes.append(Said(f"隐藏的工作表“{names}”未读取；需要时请取消隐藏。", f"Hidden sheets were not read: {names}."))
    return notes


def of_cells(
    sheet: Sheet, columns: Sequence[Column], layout: Sequence[int], rows: Collection[int], *, has_many: bool
) -> list[Said]:
    """Of one sheet that is read: ``rows`` are the numbers of its rows of data, ``layout`` the place of each column."""
    where = Said(f"工作表“{sheet.name}”", f"Sheet {sheet.name}, ") if has_many else Said("", "")
    placed = {
        place + sheet.first_column: column.header for column, place in zip(columns, layout, strict=True) if place >= 0
    }
    notes = []
    if hidden := [row for row in sheet.unseen.rows if row in rows]:
        zh, en = _lines(hidden)
        notes.append(
            Said(
                f"{where.zh}{zh}是隐藏的或被筛选掉的行，已照常检查和采用；如是遗留内容，请删去这些行后重新报送。",
                f"{where.en}{en}: hidden or filtered out in the sheet, checked and taken like the others; if they are"
                " left over, delete them and send the file again.",
            )
        )
    if unseen := [header for place, header in sorted(placed.items()) if place in sheet.unseen.columns]:
        names = "、".join(unseen)
        notes.append(
            Said(
                f"{where.zh}隐藏的列“{names}”已照常读取；请取消隐藏并核对其内容。",
                f"{where.en}hidden columns were read like the others: {names}; show them and check what they hold.",
            )
        )
    merged: dict[int, set[str]] = {}
    for (top, left), (bottom, right) in sheet.merged:
        headers = {header for place, header in placed.items() if left <= place <= right}
        if headers and bottom > top and top + 1 in rows:
            merged.setdefault(top + 1, set()).update(headers)
    if merged:
        zh, en = _lines(sorted(merged))
        names = "、".join(header for _, header in sorted(placed.items()) if header in set().union(*merged.values()))
        notes.append(
            Said(
                f"{where.zh}自{zh}起，“{names}”列有跨行的合并单元格，只有首行有值，其余各行按空白处理；"
                "请取消合并并逐行填写后重新报送。",
                f"{where.en}from {en} on, cells of {names} are merged over several rows: only the first row has the"
                " value, the others were read as empty; unmerge them, fill in every row and send the file again.",
            )
        )
    return notes


def _lines(rows: Sequence[int]) -> tuple[str, str]:
    shown = rows[:_SHOWN]
    zh, en = "、".join(f"第 {row} 行" for row in shown), ", ".join(f"line {row}" for row in shown)
    more = len(rows) - len(shown)
    return (f"{zh}等 {len(rows)} 行", f"{en} and {more} more") if more else (zh, en)
