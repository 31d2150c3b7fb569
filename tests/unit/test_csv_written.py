"""A downloaded CSV file read back by a plain reader: every cell in its place, whatever it holds."""

import csv
import io

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from dashboard.web.download import _BLOCK, _written
from pipelines.core.text_safety import show_cell

CELL = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), st.integers(), st.floats(), st.none())
TABLE = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.tuples(*[CELL] * width), min_size=1, max_size=6).map(
        lambda rows: list(zip(*rows, strict=True))
    )
)


def read_back(written: bytes) -> list[tuple[str, ...]]:
    return [tuple(row) for row in csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""))]


def shown(cell: object) -> str:
    return "" if cell is None or cell is pd.NA or cell != cell else str(show_cell(cell))  # noqa: PLR0124


@given(TABLE)
def test_every_cell_is_read_back_where_it_stood(columns: list[tuple[object, ...]]) -> None:
    expected = [tuple(map(shown, row)) for row in zip(*columns, strict=True)]
    assert [row or ("",) for row in read_back(_written(columns))] == expected


def test_a_file_of_several_blocks_is_whole() -> None:
    numbers = [None if one % 7 == 0 else one / 4 if one % 2 else one for one in range(2 * _BLOCK + 3)]
    columns = [
        ["编号", *range(len(numbers))],
        ["数", *numbers],
        ["名", *["茌平区，“示例”", '=1+"1"', pd.NA] * len(numbers)][: len(numbers) + 1],
    ]
    found = read_back(_written(columns))
    assert found == [tuple(map(shown, row)) for row in zip(*columns, strict=True)]
    assert found[2] == ("1", "0.25", '\'=1+"1"')
