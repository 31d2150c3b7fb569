"""Characters that nobody sees but that change how a text looks: control characters and those that turn its direction.

Private-use characters are none of them: GB18030 writes rare characters of names so. They are kept.
"""

import re
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.core.domain import Said
from pipelines.formcheck.validation.outcome import Checked, Outcome

# C0 and C1, direction marks, embeddings, overrides and isolates, line and paragraph separators.
_HIDDEN = "[\\x00-\\x1f\\x7f-\\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
_MATCH = re.compile(_HIDDEN)
IN_TEXT = "[\\x01-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x{9f}\\x{202a}-\\x{202e}\\x{2066}-\\x{2069}]"
"""What a text cell may not hold, as RE2 writes it: line ends and tabs it may, marks without width are taken out."""
REFUSED = Said(
    "中有看不见的控制字符或改变文字方向的字符；请清空该单元格后重新输入。",
    "holds a control character or one that turns the direction of text; empty the cell and type it anew.",
)
_TEXTS = ("value_masked", "raw_masked", "reason", "reason_en")


def visible(text: str) -> str:
    """A text on one line with each such character named, as ``<U+202E>``."""
    return _MATCH.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)


def shown(checked: Checked) -> Checked:
    """What was checked, with such characters named wherever it repeats what the sender wrote."""
    rows = checked.quarantined
    for name in _TEXTS:
        column = rows.column(name)
        if rows.num_rows and pc.any(pc.match_substring_regex(column, _RE2)).as_py():
            texts = [None if text is None else _lines(text) for text in column.to_pylist()]
            rows = rows.set_column(rows.schema.get_field_index(name), name, pa.array(texts, column.type))
    return replace(checked, outcomes=[_outcome(item) for item in checked.outcomes], quarantined=rows)


_RE2 = "[\\x00-\\x09\\x0b-\\x1f\\x7f-\\x{9f}\\x{61c}\\x{200e}\\x{200f}\\x{2028}-\\x{202e}\\x{2066}-\\x{2069}]"


def _lines(text: str) -> str:
    return "\n".join(map(visible, text.split("\n")))


def _outcome(outcome: Outcome) -> Outcome:
    return replace(
        outcome,
        reason=outcome.reason and _lines(outcome.reason),
        reason_en=outcome.reason_en and _lines(outcome.reason_en),
        ignored=tuple(map(visible, outcome.ignored)),
        notes=tuple(Said(_lines(note.zh), _lines(note.en)) for note in outcome.notes),
    )
