"""Texts that others wrote, so that neither a spreadsheet nor a reader is misled: no formula, no hidden mark."""

import re

# A leading tab, return or line feed is passed over by spreadsheets; full-width signs count in East Asian versions.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")
CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0001-\U000e007f]"
)
"""Characters that nobody sees and that change what is seen: controls but tab and line ends, marks that turn the
direction of what follows (Unicode UAX #9), invisible ones, halves of a character."""


def spell_character(letter: str) -> str:
    """A character by its number, as people can read it."""
    return f"⟦U+{ord(letter):04X}⟧"


def spell_controls(text: str) -> str:
    """The same text with its controls and direction marks by their numbers: they cannot reorder what stands beside."""
    return CONTROLS.sub(lambda found: spell_character(found[0]), text)


def inert(cell: object) -> object:
    """A cell no spreadsheet takes for a formula: text that starts like one gets an apostrophe, numbers stay numbers."""
    if isinstance(cell, str) and cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell):
        return "'" + cell
    return cell


def show_cell(cell: object) -> object:
    """A cell of what the program shows, inert, its controls and direction marks spelled out."""
    return inert(spell_controls(cell)) if isinstance(cell, str) else cell
