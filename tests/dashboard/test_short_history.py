"""A unit that began to report a short while ago: its pages say that its history is too short, and show no range."""

import json
from collections.abc import Iterator

import duckdb
import pytest

from dashboard.locale import text
from pipelines.published import read as door
from tests.dashboard.asked import page_asked, props, signed_in
from tests.dashboard.published_fixture import build
from tests.dashboard.site import LEADER, Site, head_of, served

pytestmark = pytest.mark.xdist_group("short_history")
AREA, OTHER = "371503", "371502"


@pytest.fixture(scope="module")
def young(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The published city in which nothing was ever expected of one county; editions of old wrote such rows."""
    published = build(tmp_path_factory.mktemp("short") / "published").published
    for file in published.glob("*/restricted.duckdb"):
        with duckdb.connect(str(file)) as con:
            con.execute(
                "update score set expected = null, variance = null, p = null, strength = null, state = 'insufficient' "
                "where area = $1",
                [AREA],
            )
            limits = ", ".join(f"{name} = null" for name in ("lo80", "hi80", "lo95", "hi95"))
            con.execute(f"update forecast set expected = null, {limits} where area = $1", [AREA])
    with served(published.parent) as running:
        yield running
    door.close()


def said(site: Site, path: str, query: str = "") -> str:
    status, _, body = page_asked(path, query).of(signed_in(site, LEADER))
    assert status == 200
    return json.dumps(json.loads(body), ensure_ascii=False)


def test_the_page_of_forecasts_says_that_the_history_is_too_short(young: Site) -> None:
    body = said(young, "/forecasts", f"area={AREA}&indicator=benefit_claim")
    assert text("{title}: its history is too short yet to forecast", title="").strip() in body
    assert "nan" not in body
    assert text("{title}: its history is too short yet to forecast", title="").strip() not in said(
        young, "/forecasts", f"area={OTHER}"
    )


def test_the_pages_of_the_unit_say_so_and_show_no_range(young: Site) -> None:
    assert text("history too short") in said(young, f"/area/{AREA}")
    query = f"indicator=benefit_claim&area={AREA}&industry=ALL&days=7"
    client = signed_in(young, head_of(AREA))
    drawn = client.get(f"/figure?{query}")
    assert drawn.status_code == 200
    figure = next(one for one in props(drawn.get_json()) if "figure" in one)["figure"]
    assert [trace["name"] for trace in figure["data"]] == [text("seen")]
