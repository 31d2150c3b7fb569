"""Marks in charts: policy events and the series' own warnings, drawn and told, by the viewer's rights and as of a day."""

import itertools
import json
import re
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser

from dashboard.locale import Language
from dashboard.summary.chart_annotations import (
    _LANE,
    _ROOM,
    MOST,
    Annotations,
    WarningAnnotation,
    annotation_lanes,
    draw_annotations,
)
from pipelines.published import read as door
from tests.dashboard.asked import ORIGIN, signed_in
from tests.dashboard.published_city import LAST_DAY, LATE, City, columns_of
from tests.dashboard.published_fixture import build
from tests.dashboard.site import AUDITOR, LEADER, Site, head_of, served

pytestmark = pytest.mark.xdist_group("marks")
AREA = "371503"
SHUTDOWN, POLICY, OF_TWO = "示例错峰生产", "示例稳岗政策", "示例两家铝厂整治"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    yield build(tmp_path_factory.mktemp("marks") / "published")
    door.close()


@pytest.fixture(scope="module")
def place(city: City) -> Iterator[Site]:
    with served(city.published.parent) as running:
        yield running


class Shown:
    """A figure as somebody is sent it."""

    def __init__(self, client: FlaskClient, indicator: str, area: str, industry: str = "ALL", past: str = "") -> None:
        query = f"indicator={indicator}&area={area}&industry={industry}&days=7" + (f"&as_of={past}" if past else "")
        answer = client.get(f"/figure?{query}")
        assert answer.status_code == 200
        self.body = json.loads(answer.get_data(as_text=True))
        self.text = json.dumps(self.body, ensure_ascii=False)
        graph = next(one for one in _props(self.body) if "figure" in one)
        self.layout: dict[str, Any] = graph["figure"]["layout"]
        told = [one for one in _props(self.body) if one.get("className") == "marks"]
        self.told = [_words(one) for one in _props(told) if one["type"] == "Li"]

    @property
    def labels(self) -> list[tuple[str, str]]:
        """Sign and day of every mark that is drawn."""
        return [(one["text"], one["x"][:10]) for one in self.layout.get("annotations", []) if one["yref"] == "y domain"]

    def lines(self, day: str, dash: str) -> list[dict[str, Any]]:
        """Upright lines at a day."""
        return [
            one
            for one in self.layout.get("shapes", [])
            if one["yref"] == "y domain" and one["x0"][:10] == one["x1"][:10] == day and one["line"].get("dash") == dash
        ]

    def item(self, word: str) -> str:
        """The one line of the list that holds a word."""
        [found] = [one for one in self.told if word in one]
        return found


def _props(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, list):
        for one in tree:
            yield from _props(one)
    if isinstance(tree, dict):
        if "props" in tree:
            yield tree["props"] | {"type": tree["type"]}
            yield from _props(tree["props"].get("children"))
        elif "children" in tree:
            yield from _props(tree["children"])


def _words(tree: Any) -> str:
    if isinstance(tree, list):
        return "".join(_words(one) for one in tree)
    if isinstance(tree, dict):
        return _words(tree.get("props", tree).get("children"))
    return "" if tree is None else str(tree)


def speaking(site: Site, language: Language) -> FlaskClient:
    client = signed_in(site, LEADER)
    client.post("/language", json={"language": language}, headers=ORIGIN)
    return client


def test_a_policy_that_ended_in_view_is_a_span_and_one_without_end_a_line(place: Site) -> None:
    shown = Shown(signed_in(place, LEADER), "insured_leave", AREA)
    assert shown.labels == [("◆1", "2026-11-03"), ("◆2", "2026-11-19")]
    assert all(len(shown.lines(day, "dot")) == 1 for day in ("2026-11-03", "2026-11-17", "2026-11-19"))
    [span] = [one for one in shown.layout["shapes"] if one["type"] == "rect"]
    assert (span["x0"][:10], span["x1"][:10]) == ("2026-11-03", "2026-11-17")
    assert shown.item(SHUTDOWN) == (
        "◆1 环保停产 · 示例错峰生产 2026-11-03至2026-11-17 · 茌平区 · 涉及岗位 860 个 · 涉及企业 14 户 · 来源 示例通知第1号"
    )
    assert shown.item(POLICY) == "◆2 政策调整 · 示例稳岗政策 2026-11-19起，未定期限 · 聊城市 · 来源 示例通知第2号"


def test_a_warning_of_the_series_is_a_bar_from_the_day_it_opened_and_leads_to_its_page(place: Site) -> None:
    shown = Shown(signed_in(place, LEADER), "benefit_claim", AREA, "C")
    [sign] = [sign for sign, day in shown.labels if day == "2026-11-21"]
    assert sign.startswith("▼")
    [bar] = [one for one in shown.layout["shapes"] if one["line"]["width"] == 3]
    assert bar["x0"][:10] == "2026-11-21"
    assert bar["x1"] == shown.layout["xaxis"]["range"][1], "it is open"
    assert shown.item(sign).endswith("2026-11-21起，尚未解除")
    assert '"href": "/warning/w0002"' in shown.text
    other = Shown(signed_in(place, LEADER), "insured_leave", AREA, "C")
    assert not [sign for sign, _ in other.labels if sign.startswith("▼")], "a warning is of its own indicator"


def test_a_lifted_warning_ends_with_a_tick_on_its_last_day(place: Site, city: City) -> None:
    shown = Shown(signed_in(place, LEADER), "benefit_claim", city.units[-1])
    bars = {one["x0"][:10]: one["x1"][:10] for one in shown.layout["shapes"] if one["line"]["width"] == 3}
    assert bars["2026-11-02"] == LAST_DAY.isoformat()
    assert len(shown.lines(LAST_DAY.isoformat(), "solid")) == 1
    assert "2026-11-02至2026-11-25" in shown.item("▼")


def test_looking_back_shows_the_marks_that_were_known_then(place: Site) -> None:
    client = signed_in(place, LEADER)
    then = Shown(client, "benefit_claim", AREA, "C", past="2026-11-24")
    now = Shown(client, "benefit_claim", AREA, "C")
    assert POLICY in now.text
    assert POLICY not in then.text
    assert SHUTDOWN in then.text
    assert ("橙" in now.item("▼"), "黄" in then.item("▼")) == (True, True)
    assert '"href": "/warning/w0002?as_of=2026-11-24"' in then.text


def test_an_office_is_told_of_its_own_events_with_their_numbers_and_of_no_other_areas(place: Site, city: City) -> None:
    own = Shown(signed_in(place, head_of(AREA)), "insured_leave", AREA, "C")
    assert "涉及岗位 400 个 · 涉及企业 2 户" in own.item(OF_TWO)
    assert f"{city.names[LATE]}片区征收" not in own.text
    late = Shown(signed_in(place, head_of(LATE)), "insured_leave", LATE, "C")
    assert "涉及岗位 120 个" in late.item(f"{city.names[LATE]}片区征收")
    assert POLICY in late.text, "it is of the whole city"
    assert not {SHUTDOWN, OF_TWO} & {word for word in (SHUTDOWN, OF_TWO) if word in late.text}


def test_the_public_is_told_of_events_without_numbers_and_of_none_of_few_employers(place: Site) -> None:
    shown = Shown(signed_in(place, AUDITOR), "job_loss_rate", AREA)
    assert SHUTDOWN in shown.text
    assert not re.search("涉及(岗位|企业)", shown.text)
    assert OF_TWO not in Shown(signed_in(place, AUDITOR), "job_loss_rate", AREA, "C").text
    assert OF_TWO in Shown(signed_in(place, LEADER), "job_loss_rate", AREA, "C").text


def test_an_event_of_one_industry_and_area_is_marked_in_its_charts_alone(place: Site, city: City) -> None:
    client = signed_in(place, LEADER)
    assert OF_TWO in Shown(client, "insured_leave", AREA, "C").text
    assert OF_TWO not in Shown(client, "insured_leave", AREA, "F").text
    assert OF_TWO not in Shown(client, "insured_leave", AREA).text
    elsewhere = f"{city.names[LATE]}片区征收"
    assert elsewhere in Shown(client, "insured_leave", LATE, "C").text
    assert elsewhere not in Shown(client, "insured_leave", AREA, "C").text


def test_what_stands_in_a_figure_stands_in_english_too(place: Site) -> None:
    shown = Shown(speaking(place, Language.ENGLISH), "benefit_claim", AREA, "C")
    assert shown.item("▼").endswith("since 2026-11-21, still open")
    assert "860 jobs · 14 employers · Source" in shown.item(SHUTDOWN)
    assert "from 2026-11-19, no end known" in shown.item(POLICY)


@pytest.fixture(scope="module")
def crowded(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The same city where an event begins and a warning opens every fifth day."""
    folder = tmp_path_factory.mktemp("crowded")
    shutil.copytree(city.published, folder / "published")
    since = city.editions[0][2]
    begins = [LAST_DAY - timedelta(days=5 * back) for back in range(1, 8)]
    events = [(f"M-{at}", "其他", f"事项{at}", AREA, "ALL", day, day, None, None, "示例", since, None)
              for at, day in enumerate(begins)]  # fmt: skip
    warned = [
        {"episode_id": f"m{at}", "rule_id": "benefit_claim_spike", "kind": "spike", "indicator": "benefit_claim",
         "area": AREA, "industry": "ALL", "level": 4, "status": "closed", "opened_on": day, "closed_on": day,
         "data_to": day, "known_from": since}
        for at, day in enumerate(begins)
    ]  # fmt: skip
    frames = {"announced_event": pd.DataFrame(events, columns=columns_of("announced_event")),
              "episode": pd.DataFrame(warned)}  # fmt: skip
    with duckdb.connect(str(folder / "published" / city.editions[-1][0] / "restricted.duckdb")) as con:
        for table, frame in frames.items():
            con.register("incoming", frame.astype(object).where(frame.notna(), None))
            con.execute(f"insert into {table} by name select * from incoming")
            con.unregister("incoming")
    with served(folder) as running:
        yield running


def test_no_more_than_a_handful_is_drawn_the_newest_and_the_rest_is_told(crowded: Site) -> None:
    shown = Shown(signed_in(crowded, LEADER), "benefit_claim", AREA)
    newest = [(LAST_DAY - timedelta(days=5 * back)).isoformat() for back in range(MOST, 0, -1)]
    assert [day for sign, day in shown.labels if sign.startswith("▼")] == newest
    assert len([sign for sign, _ in shown.labels if sign.startswith("◆")]) == MOST
    assert [int(sign[1:]) for sign, _ in shown.labels] == list(range(1, 2 * MOST + 1))
    assert all(any(f"事项{at}" in one for one in shown.told) for at in range(7))
    assert f"另有 {7 - MOST + 9 - MOST} 条" in shown.text
    assert not [one for one in shown.told if "事项6" in one and "◆" in one], "it is older than those drawn"


@given(st.lists(st.floats(0, 1), max_size=2 * MOST).map(sorted))
def test_labels_of_one_line_never_touch_and_the_lines_fit_the_chart(at: list[float]) -> None:
    chosen = annotation_lanes(at)
    assert len(chosen) == len(at)
    assert all(lane * _LANE < 1 for lane in chosen)
    for lane in set(chosen):
        its = [place for place, one in zip(at, chosen, strict=True) if one == lane]
        assert all(after - before >= _ROOM for before, after in itertools.pairwise(its))


def test_labels_at_the_end_reach_back_and_stand_on_lines_of_their_own() -> None:
    view = (pd.Timestamp(2026, 1, 1), pd.Timestamp(2026, 4, 11))  # a hundred days, so these stand at 0.9 and 0.995
    warned = (
        WarningAnnotation(date(2026, 4, 1), None, 3, "", "a", 1),
        WarningAnnotation(date(2026, 4, 10), None, 3, "", "b", 2),
    )
    first, second = draw_annotations(Annotations(warned), view)[1]
    assert (first["xanchor"], second["xanchor"]) == ("left", "right")
    assert first["y"] - second["y"] == pytest.approx(_LANE)


def test_marks_stay_inside_a_chart_on_a_phone(crowded: Site, browser: Browser, pictures: Path | None) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    crowded.sign_in(context, LEADER)
    page = context.new_page()
    page.goto(f"{crowded.url}/area/{AREA}")
    figure = page.locator(".figure[data-figure*='indicator=benefit_claim']")
    figure.scroll_into_view_if_needed()
    labels = figure.locator(".annotation")
    labels.first.wait_for()
    boxes = [box for one in labels.all() if (box := one.bounding_box()) is not None]
    assert len(boxes) == 2 * MOST
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    apart = [
        (one, other)
        for place, one in enumerate(boxes)
        for other in boxes[:place]
        if abs(one["x"] - other["x"]) < min(one["width"], other["width"]) - 2 and abs(one["y"] - other["y"]) < 8
    ]
    assert not apart, "two labels cover each other"
    assert figure.locator(".marks li").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    band = figure.locator(".scatterlayer path.js-fill").bounding_box()
    assert band is not None
    assert sum(box["y"] + box["height"] <= band["y"] + 2 for box in boxes) >= 2, "the first labels stand above the data"
    if pictures:
        figure.screenshot(path=pictures / "marks_390.png")
    context.close()
