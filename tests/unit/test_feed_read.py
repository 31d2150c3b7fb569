"""Reading by arrays agrees with reading line by line, and every line keeps its physical number."""

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.formcheck.parsing.csv_rows import MAX_LINE_BYTES, read_rows, split_regular
from pipelines.formcheck.parsing.text import Text

WIDTH = 3
CELL = st.text(st.sampled_from("ab1 \t张𠮷;'\\"), max_size=4)
PLAIN = st.lists(CELL, min_size=WIDTH, max_size=WIDTH).map(",".join)
QUOTED = st.lists(st.text(st.sampled_from('a,张"\n'), min_size=1, max_size=4), min_size=WIDTH, max_size=WIDTH)
# No unclosed quotes here: followed by a quoted cell with a line break they can be read in two ways.
WRONG = st.sampled_from(["a", "a,b", "a,b,c,d"])
BLANK = st.sampled_from(["", ",,", "  "])


def quoted(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="").writerow(cells)
    return out.getvalue()


def text(body: str, first_line: int = 2) -> Text:
    return Text("utf-8", body.encode(), first_line, tuple(range(WIDTH)), WIDTH, ())


def found(bodies: list[str]) -> tuple[set[tuple[object, ...]], set[tuple[int, int]]]:
    cells = read_rows([(number, text(body)) for number, body in enumerate(bodies)], WIDTH)
    rows = {tuple(row.values()) for row in cells.table.to_pylist()}
    assert len(rows) == cells.table.num_rows
    return rows, {(item.drop_no, item.line_number) for item in cells.malformed}


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    files=st.lists(st.lists(st.one_of(PLAIN, WRONG, BLANK, QUOTED), max_size=6), max_size=3),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_every_record_is_read_or_refused_at_its_own_line(files: list[list[str | list[str]]], end: str) -> None:
    bodies, rows, malformed = [], set(), set()
    for number, records in enumerate(files):
        line, body = 2, ""
        for record in records:
            written = record if isinstance(record, str) else quoted(record)
            cells = record if isinstance(record, list) else written.split(",")
            if not any(cells) or not written.strip():
                pass  # a blank line is no row
            elif len(cells) != WIDTH:
                malformed.add((number, line))
            else:
                rows.add((number, line, *cells))
            body += written + end
            line += 1 + written.count("\n")
        bodies.append(body)
    assert found(bodies) == (rows, malformed)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    files=st.lists(st.lists(PLAIN.filter(lambda line: line.strip(", \t")), max_size=6), min_size=1, max_size=3),
    ends=st.lists(st.sampled_from(["\n", "\r\n"]), min_size=3, max_size=3),
)
def test_files_of_plain_lines_are_read_whole_and_as_line_by_line(files: list[list[str]], ends: list[str]) -> None:
    texts = [(n, text("".join(line + ends[n] for line in lines), 2 + n)) for n, lines in enumerate(files)]
    buffer = b"".join(body.body for _, body in texts)
    rows = [
        (number, body.first_line + at, *line.split(","))
        for (number, body), lines in zip(texts, files, strict=True)
        for at, line in enumerate(lines)
    ]
    whole = split_regular(texts, buffer)
    assert (whole is None) == (not rows)
    if whole is not None:
        assert [tuple(row.values()) for row in whole.to_pylist()] == rows


def test_files_that_need_a_closer_look_are_not_read_whole() -> None:
    unusual = ['a,"b",c\n', "a,b\rx,c\n", "a,b,c\n,,\n", ",,\r\na,b,c\n", "a,b,c\n\na,b,c\n", "a,b\n", "a,b,c,d\n"]
    unusual.append("a,b," + "c" * MAX_LINE_BYTES + "\n")
    for body in unusual:
        assert split_regular([(0, text(body))], body.encode()) is None, body[:20]


def test_a_last_line_without_line_end_is_read() -> None:
    assert found(["a,b,c\nd,e,f"]) == ({(0, 2, "a", "b", "c"), (0, 3, "d", "e", "f")}, set())


def test_an_unclosed_quote_does_not_reach_into_the_next_file() -> None:
    rows, malformed = found(['a,"b\n', 'c",d,e\n'])
    assert malformed == {(0, 2)}
    assert rows == {(1, 2, 'c"', "d", "e")}


def test_an_unclosed_quote_takes_no_good_row_with_it() -> None:
    rows, malformed = found(['a,"b,c\nd,e,f\ng,"h,i\nj,k,l\n'])
    assert malformed == {(0, 2), (0, 4)}
    assert {row[1] for row in rows} == {3, 5}


def test_a_quote_inside_an_unquoted_cell_is_a_character() -> None:
    assert found(['12" pipe,b,c\n'])[0] == {(0, 2, '12" pipe', "b", "c")}


def test_a_single_carriage_return_inside_a_line_refuses_that_line_only() -> None:
    rows, malformed = found(["a,b\rx,c\nd,e,f\n"])
    assert malformed == {(0, 2)}
    assert rows == {(0, 3, "d", "e", "f")}


def test_a_line_as_long_as_a_book_is_refused() -> None:
    rows, malformed = found(["a,b," + "c" * 100_000 + "\nd,e,f\n"])
    assert malformed == {(0, 2)}
    assert len(rows) == 1
