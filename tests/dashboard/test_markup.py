"""What comes from data is shown as text, in the page's content, in drawings that stand in it and in files."""

import csv
import io
import json
import re
import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, expect

from dashboard.locale import text
from dashboard.web import fragment_cache as store
from dashboard.web.data import AuditedContent
from pipelines.core.domain import Role, Viewer
from pipelines.core.text_safety import CONTROLS, inert, spell_controls
from pipelines.published import read as door
from tests.dashboard import asked
from tests.dashboard.asked import ORIGIN, Asked, page_asked, signed_in
from tests.dashboard.published_city import City
from tests.dashboard.reader import opened, readers_of
from tests.dashboard.site import ADMINISTRATOR, AUDITOR, LEADER, Site, head_of, served
from tests.dashboard.walk import Watch
from tests.tier import IS_LONG

pytestmark = pytest.mark.xdist_group("markup")
AREA = "371503"
NAME = "<b id=evil>甲&amp;乙</b><img src=x onerror='window.isEvil=1'>"


@pytest.mark.requirement("1.1.2", "3.2.2")
def test_a_name_cannot_become_markup_on_a_page_in_the_map_or_in_a_figure(
    city: City, browser: Browser, tmp_path: Path
) -> None:
    shutil.copytree(city.published, tmp_path / "published")
    for file in (tmp_path / "published").glob("*/*.duckdb"):
        with duckdb.connect(str(file)) as con:
            con.execute("update place set name = $1, short_name = $1 where code = $2", [NAME, AREA])
    watch = Watch()
    with served(tmp_path) as site, readers_of(browser, site) as readers:
        page = readers.page(LEADER, watch)
        for address, where in (("/", "svg.map text"), (f"/area/{AREA}", "main h1"), (f"/area/{AREA}", ".figure table")):
            opened(page, address)
            if "figure" in where:
                page.locator(".figure").first.scroll_into_view_if_needed()
            expect(page.locator(where).first).to_be_attached()
            assert page.locator("#evil").count() == 0
            assert page.evaluate("window.isEvil") is None
        opened(page, "/")
        assert NAME in (page.locator("svg.map").text_content() or "")
        assert NAME in (page.locator(".counties").text_content() or "")
    door.close()
    assert not watch.complaints


# Characters of private use, of markup and of JSON, controls and direction marks, what spreadsheets take for a formula.
ODD = (
    "\ue000", '"\ue000"', "</script><script>window.isEvil=1</script>", "\u202e", "\u2066\u200f", "\x07\x1b\x7f\x85", "\\u0007\\",
    "=1+1", "＝1+1", "\n=1+1", "－1", "＠A", "+1+1", "\ue000level w0002", "NaN", "{{ 7*7 }}", "%{x}", "{%first%}",
)  # fmt: skip
WRITTEN_BY_OTHERS = {
    "announced_event": ("kind", "source", "title"), "contributor": ("member_name",), "drop_register": ("file_name", "reason"),
    "employer": ("employer_name",), "episode": ("employer_name",), "filed_report": ("employer_name", "kind"),
    "indicator": ("title_zh", "formula", "source"), "industry": ("name",), "layoff_lead": ("employer_name",),
    "listed_employer": ("employer_name", "officer_post"), "model_quality": ("sentence",), "place": ("name", "short_name"),
    "quarantine": ("reason", "raw_masked", "column_name"), "revision": ("files",),
    "rule": ("title", "basis", "author", "approver"), "township_labour": ("village_name",),
}  # fmt: skip
FAILED = text("Something went wrong on our side. It has been recorded; please try again later.")


@pytest.fixture(scope="module", params=range(len(ODD) if IS_LONG else 1))
def odd(city: City, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Site]:
    """The small city whose texts all begin with odd characters, each row with others; of each column the first row's
    is another of them in each turn of `make torture`."""
    folder = tmp_path_factory.mktemp("odd")
    shutil.copytree(city.published, folder / "published")
    for file in (folder / "published").glob("*/*.duckdb"):
        with duckdb.connect(str(file)) as con:
            there = {name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()}
            for table, columns in WRITTEN_BY_OTHERS.items():
                for column in columns if table in there else ():
                    con.execute(
                        f"update {table} set {column} = ($1::varchar[])[1 + (rowid + $2) % len($1)] || {column}",
                        [list(ODD), request.param],
                    )
            con.execute("update episode set employer_name = $1 || '茌平' where employer_name is not null", ["\ue000"])
    with served(folder) as running:
        yield running
    door.close()


def strings(tree: object) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for one in tree.values():
            yield from strings(one)
    elif isinstance(tree, list):
        for one in tree:
            yield from strings(one)


VIEWERS = (
    Viewer(Role.CITY_DUTY, name="\u202eduty"),
    head_of(AREA),
    AUDITOR,
    *([LEADER, ADMINISTRATOR] if IS_LONG else []),
)


@pytest.mark.requirement("1.2.1")
@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda one: str(one.role))
def test_no_name_in_the_data_stops_a_page_or_reorders_what_stands_beside_it(odd: Site, viewer: Viewer) -> None:
    client, values = signed_in(odd, viewer), asked.values_of(odd)
    if viewer.role is Role.CITY_DUTY:
        note = {"owner": "\u202e\ue000科", "days": "7", "note": "\x07</script>\u2066"}
        assert client.post("/warning/w0002/acknowledge", json=note, headers=ORIGIN).status_code == 200
    values["code"] = [AREA, "371500", "C"]
    values["indicator"] = ["benefit_claim", "job_loss_rate"]
    pages = [page_asked(path) for pattern in asked.pages() for path in asked.filled(pattern, values)]
    pages += [Asked("GET", path, path) for path in ("/", f"/area/{AREA}")]
    for one in [*pages, *asked.figures([AREA], values["indicator"], ["ALL", "C"])]:
        status, _, body = one.of(client)
        assert status < 500, one
        assert FAILED not in body, one
        if one.method == "POST":
            odd_ones = {word for word in strings(json.loads(body)) if CONTROLS.search(word)}
            assert not odd_ones, (one, odd_ones)
        elif body.startswith("<"):
            (first,) = re.findall(r'id="first-page">(.*?)</script>', body, re.DOTALL)
            assert json.loads(first)
            assert body.count("<script") == body.count("</script>"), one
            assert "window.isEvil" not in re.sub(r'(?s)id="first-page">.*?</script>', "", body)


def test_a_name_that_looks_like_a_place_to_fill_in_is_a_name(odd: Site) -> None:
    """U+E000 is the first character that a user of GB18030 can define, for rare characters in names."""
    client = signed_in(odd, LEADER)
    for one in (page_asked("/"), page_asked(f"/area/{AREA}"), page_asked("/warnings")):
        status, _, body = one.of(client)
        assert status == 200
        assert "\ue000茌平" in body


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_no_cell_of_a_file_is_a_formula_or_turns_its_neighbours_round(odd: Site, form: str) -> None:
    client = signed_in(odd, LEADER)
    with_odd = 0
    for name in ("warnings", "matrix", f"readings.{form}?area={AREA}&grain=week"):
        answer = client.get(f"/download/{name}" if "?" in name else f"/download/{name}.{form}")
        assert answer.status_code == 200
        if form == "csv":
            cells = [cell for row in csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))) for cell in row]
        else:
            book = load_workbook(io.BytesIO(answer.data))
            found = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
            assert not [cell for cell in found if cell.data_type == "f"]
            cells = [str(cell.value) for cell in found if isinstance(cell.value, str)]
        assert not [cell for cell in cells if CONTROLS.search(cell)]
        assert not [cell for cell in cells if inert(cell) != cell]
        with_odd += sum("⟦U+202E⟧" in cell or "\ue000" in cell for cell in cells)
        assert not CONTROLS.search(answer.headers["Content-Disposition"])
    assert with_odd


@pytest.mark.parametrize(
    "cell", ["=1", "+a", "-a", "@a", "＝1", "＋1", "－1", "＠a", "\t=1", "\r=1", "\n=1", "-inf", "+nan", "-1_000"]
)
def test_a_text_that_a_spreadsheet_may_calculate_gets_an_apostrophe(cell: str) -> None:
    assert inert(cell) == "'" + cell
    assert inert("-1.5e3") == "-1.5e3"


def test_what_nobody_sees_is_spelled_and_nothing_else() -> None:
    every = [chr(code) for code in range(0x110000)]
    hidden = {one for one in every if CONTROLS.fullmatch(one)}
    assert {
        one
        for one in every
        if unicodedata.bidirectional(one) in {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
    } <= hidden
    assert {one for one in every if unicodedata.category(one) == "Cc"} - set("\t\n\r") <= hidden
    assert {unicodedata.category(one) for one in hidden} <= {"Cc", "Cf", "Cs", "Zl", "Zp", "Cn"}
    assert spell_controls("甲\u202e乙\x07\ue000丙\n") == "甲⟦U+202E⟧乙⟦U+0007⟧\ue000丙\n"


@pytest.mark.parametrize("word", [*ODD, "\\", "\\\\u202e", "\b\f", "\ud800", "\U0001f600", "NaN\u202e\x07"])
def test_json_of_a_part_says_the_same_with_controls_spelled(word: str) -> None:
    made = store._packed(
        {"a": word, "b": [store.Blank("b"), {"c": store.Blank("c")}], "d": store.Blank("b")}, AuditedContent()
    )
    told = json.loads(made.filled({"b": '"B"', "c": "[1]"}))
    assert told == {"a": spell_controls(word), "b": ["B", {"c": [1]}], "d": "B"}
