"""Cells for a spreadsheet that take nothing for a formula."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def inert(cell: object) -> object:
    """A cell no spreadsheet takes for a formula: text that starts like one gets an apostrophe, numbers stay numbers."""
    if not isinstance(cell, str) or not cell.startswith(_FORMULA):
        return cell
    try:
        float(cell)
    except ValueError:
        return "'" + cell
    return cell
