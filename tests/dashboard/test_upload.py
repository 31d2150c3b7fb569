"""A clerk sends a file: template, wrong rows, what is said of them, the corrected file, receipt, matrix, ingest."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.locale import text
from pipelines.core.domain import Role, Viewer
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act
from pipelines.ledger.uploads import upload as uploads
from pipelines.ledger.uploads.upload import Stage
from pipelines.published import read as door
from tests.dashboard.site import Site, served
from tests.house import House
from tests.pipeline.ingest_place import person

pytestmark = pytest.mark.xdist_group("upload")
FEED, AREA, PERIOD = "benefit_claim", "371521", "2026-10-27"
CLERK = Viewer(Role.COUNTY_CLERK, frozenset({AREA}), "clerk")
MALFORMED = "37152219850215"
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}


@pytest.fixture
def home(recent: House, house: Callable[[House], House]) -> House:
    """The invented city with its last editions, which a test may change."""
    return house(recent)


@pytest.fixture
def place(home: House) -> Iterator[Site]:
    with served(home.data) as running:
        yield running
    door.close()


@pytest.fixture
def page(place: Site, browser: Browser) -> Iterator[Page]:
    """The clerk of a county, signed in."""
    context = browser.new_context(base_url=place.url, viewport=DESK, locale="zh-CN", accept_downloads=True)  # type: ignore[arg-type]
    opened = context.new_page()
    opened.goto(place.link(CLERK))
    opened.get_by_role("button").first.click()
    opened.wait_for_selector(".page main h1")
    yield opened
    context.close()


def filled(template: str, *changes: dict[str, str]) -> bytes:
    """The template with a row for each of the changes, typed in below the example; who it is differs row by row."""
    lines = list(csv.reader(io.StringIO(template)))
    header = [name.rstrip("*") for name in lines[-2]]
    for number, change in enumerate(changes, start=1):
        row = {
            "申领流水号": f"S{number:03d}", "身份证号": person(number), "姓名": "虚构人", "参保地区": AREA, "行业代码": "C",
            "失业原因": "11", "失业日期": "2026-10-20", "受理日期": PERIOD, **change,
        }  # fmt: skip
        lines.append([row.get(name, "") for name in header])
    sink = io.StringIO()
    csv.writer(sink).writerows(lines)
    return sink.getvalue().encode("utf-8-sig")


def cell_of(page: Page) -> str:
    """What the completeness matrix says of the slice that is sent."""
    page.goto(f"/data?feed={FEED}#matrix")
    page.wait_for_selector(".page main h1")
    heads = page.locator(".arrivals thead th").all_inner_texts()
    return page.locator(".arrivals tbody td").nth(heads.index("10月27日") - 1).inner_text()


def send(page: Page, content: bytes, name: str = "十月廿七.csv") -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=text("Choose a file"), exact=True).click()
    chooser.value.set_files({"name": name, "mimeType": "text/csv", "buffer": content})
    expect(page.locator("[data-part=chosen]")).to_contain_text(name)
    page.get_by_role("button", name=text("Check and send")).click()


def downloaded(page: Page, name: str) -> bytes:
    with page.expect_download() as found:
        page.get_by_role("link", name=name).click()
    return Path(found.value.path()).read_bytes()


def looked_at(page: Page, pictures: Path | None, name: str) -> None:
    """It fits both screens and axe finds nothing serious; pictures where they are wanted."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({resultTypes: ['violations']}).then(results => results.violations)")
    severe = [(one["id"], one["nodes"][0]["html"][:120]) for one in found if one["impact"] in {"serious", "critical"}]
    assert not severe, (name, severe)
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], name
        if pictures is not None:
            page.screenshot(path=pictures / f"{name}_{size['width']}.png", full_page=True)


def corrected(sheet: bytes) -> bytes:
    """The error sheet with its two wrong rows put right."""
    rows = list(csv.reader(io.StringIO(sheet.decode("utf-8-sig"))))
    assert rows[5][-2:] == ["问题", "原文件行号"]
    assert [bool(row[-2]) for row in rows[6:]] == [False, False, False, True, True]
    assert MALFORMED in rows[9], "the sheet shows the sender what the sender wrote"
    rows[9][rows[5].index("身份证号*")] = person(4)
    rows[10][rows[5].index("失业原因*")], rows[10][rows[5].index("参保地区*")] = "11", AREA
    sink = io.StringIO()
    csv.writer(sink).writerows(rows)
    return sink.getvalue().encode("utf-8-sig")


def reads_what_is_wrong(page: Page) -> None:
    problems = page.locator(".problems li")
    expect(problems).to_have_count(3)
    expect(page.locator("[data-part=said]")).to_contain_text("共 5 行，有误 2 行")
    said = problems.all_inner_texts()
    assert "第 11 行“身份证号”有误" in said[0]
    assert any("“77”不在代码表中" in one for one in said)
    assert any("第 12 行“参保地区”" in one and "371522" in one for one in said), "another county's row"
    assert MALFORMED not in "".join(said)


def test_a_clerks_session_from_template_to_matrix(place: Site, home: House, page: Page, pictures: Path | None) -> None:
    """Only here a browser's upload goes all the way: the check in its own process, the real inbox, the real ingest."""
    assert text("not reported") in cell_of(page)
    page.locator(".arrivals td a").filter(has_text=text("not reported")).click()
    page.wait_for_url("**#send")
    expect(page.locator("#send [name=period]")).to_have_value(PERIOD)
    template = downloaded(page, "CSV").decode("utf-8-sig")
    assert f"报送期间：{PERIOD}" in template
    assert f"报送单位：{AREA}" in template

    send(page, filled(template, {}, {}, {}, {"身份证号": MALFORMED}, {"失业原因": "77", "参保地区": "371522"}))
    reads_what_is_wrong(page)
    looked_at(page, pictures, "upload_wrong")
    sheet = downloaded(page, text("Error sheet ({kind})", kind="CSV"))
    assert sheet.startswith(b"\xef\xbb\xbf")
    assert not list((home.data / "inbox").rglob("*.csv")), "nothing is taken while the form is wrong"

    right = corrected(sheet)  # the error sheet itself is sent
    send(page, right)
    page.wait_for_url("**/data/receipt/1")
    receipt = page.locator("main")
    expect(receipt).to_contain_text(text("The form is right; the file waits to be taken in."))
    expect(receipt).to_contain_text(text("{rows} rows, of which {wrong} wrong", rows=5, wrong=0))
    [waiting] = (home.data / "inbox" / FEED).iterdir()
    assert waiting.name == f"{FEED}_{AREA}_20261027 (1).csv"
    assert waiting.read_bytes() == right
    looked_at(page, pictures, "upload_receipt")
    assert text("sent, not yet taken in") in cell_of(page)
    looked_at(page, pictures, "upload_matrix")

    # The same file once more is told, not stored.
    page.goto(f"/data?feed={FEED}&area={AREA}&period={PERIOD}#send")
    send(page, right)
    expect(page.locator("[data-part=said]")).to_contain_text("回执第 1 号")
    assert len(list((home.data / "inbox" / FEED).iterdir())) == 1

    home.gangshao("ingest")
    assert not list((home.data / "inbox").rglob("*.csv"))
    assert text("taken in, counts from the next edition") in cell_of(page)
    page.goto("/data/receipt/1")
    expect(page.locator("main")).to_contain_text(text("Taken in and accepted; it counts from the next edition."))
    with place.ledger.reading() as connection:
        one = uploads.by_number(connection, 1)
    assert one is not None
    assert (one.stage, one.rows_accepted, one.rows_quarantined) == (Stage.ACCEPTED, 5, 0)

    entries = trail.entries(place.ledger, act=Act.UPLOAD)
    assert [(entry.result, entry.target) for entry in entries] == [
        ("done", "upload 1"), ("refused", f"{FEED} {AREA} {PERIOD}"),
    ]  # fmt: skip
    told = json.dumps([vars(entry) for entry in entries], ensure_ascii=False) + str(one)
    assert not [secret for secret in (MALFORMED, person(1), "虚构人", "十月廿七") if secret in told]
