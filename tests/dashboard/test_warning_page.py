"""What a warning's page says of its rule and its expectation: rows met, lines of the area, parts, states, due days."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from dashboard.locale import Language, text
from dashboard.locale.translation import REGION
from dashboard.pages import warning
from dashboard.summary.evidence import contributor_lines
from models.assess import CALENDAR_REASONS
from pipelines.core.region.load import load
from pipelines.core.region.rule_version import hashes_on
from pipelines.judging.findings import FINDING
from pipelines.judging.lifecycle import opened
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act
from pipelines.ledger.workflow.measure import measures
from tests.dashboard.asked import ORIGIN, page_asked, signed_in, speaking
from tests.dashboard.published_city import CLOSING, LATE, PROJECT, City
from tests.dashboard.published_story import SMALL_ONE
from tests.dashboard.site import AUDITOR, LEADER, Site, head_of, served

pytestmark = pytest.mark.xdist_group("warning_page")
AREA = "371503"
MONTH = date(2026, 10, 1)
LIAOCHENG = PROJECT / "data" / "regions" / "liaocheng"
SERIES = {"area": AREA, "industry": "ALL", "cohort": "all"}


def found(day: date, **values: object) -> dict[str, object]:
    given = {"area": AREA, "industry": "ALL", "employer": None, "employer_name": None, "data_to": day}
    return vars(opened(dict.fromkeys(FINDING) | given | values, date(2026, 11, 25)))


SMALL = found(
    date(2026, 11, 20), rule_id="employer_layoff", kind="event", indicator="layoff_reported", level=4, industry="C",
    employer="91371503MA3C00003X", employer_name="示例小厂", observed=19.0, people=19.0, line=1.0,
    window_from=date(2026, 11, 20), window_to=date(2026, 11, 20),
)  # fmt: skip
SPIKE = found(
    MONTH, rule_id="job_loss_rate_spike", kind="spike", indicator="job_loss_rate", level=3, observed=420.0,
    expected=279.0, lo=240.0, hi=318.0, p=1e-6, people=141.0, window_from=date(2026, 8, 1), window_to=MONTH,
    rule_hash="0123456789abcdef",
)  # fmt: skip
RAISED = found(
    date(2026, 11, 24), rule_id="benefit_claim_spike", kind="spike", indicator="benefit_claim", level=2, industry="F",
    observed=60.0, expected=42.0, lo=30.0, hi=54.0, p=1e-4, people=18.0, window_from=date(2026, 11, 18),
    window_to=date(2026, 11, 24), rule_hash=hashes_on(load(LIAOCHENG), date(2026, 11, 25))["benefit_claim_spike"],
)  # fmt: skip


def score(**values: object) -> dict[str, object]:
    given = {"edition_id": "e", "day": date(2026, 11, 25), "grain": "month", "window_periods": 3, "variance": 400.0,
             "window_from": date(2026, 8, 1), "data_to": MONTH, "p": 1e-6, "strength": 6.0, "state": "provisional",
             "level_mean": 300.0, "factor_mean": 1.0, "is_provisional": False, "observed": 420.0, "expected": 279.0}  # fmt: skip
    return SERIES | given | values


SCORES = [
    score(indicator="job_loss_rate"),
    score(indicator="job_loss_rate", industry="F", observed=230.0, expected=111.0, level_mean=111.0),
    score(indicator="insured_net_change_rate", state="insufficient", window_periods=1, window_from=MONTH),
]  # fmt: skip


@pytest.fixture(scope="module")
def site(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The small city with three warnings more, judged months, and a report of nineteen of 190 staff."""
    folder = tmp_path_factory.mktemp("warned")
    shutil.copytree(city.published, folder / "published")
    name, _, cutoff = city.editions[-1]
    episodes = pd.DataFrame([SMALL, SPIKE, RAISED]).assign(known_from=cutoff, known_to=pd.NaT)
    scores = pd.DataFrame(SCORES).assign(edition_id=name)
    report = pd.DataFrame(
        [{"report_id": "CY-3", "employer": SMALL["employer"], "employer_name": "示例小厂", "area": AREA, "industry": "C",
          "staff": 190, "planned": 19, "kind": "裁员", "reported_on": date(2026, 11, 20), "known_from": cutoff}]
    )  # fmt: skip
    with duckdb.connect(str(folder / "published" / name / "restricted.duckdb")) as con:
        for table, frame in (("episode", episodes), ("score", scores), ("filed_report", report)):
            con.register("incoming", frame)
            con.execute(f"insert into {table} by name select * from incoming")
    with served(folder) as running:
        yield running


def met(site: Site, episode_id: object) -> list[bool]:
    """Of each row of the rule on the page, in its order: whether it is marked as met."""
    cells = _table(_page(site, f"/warning/{episode_id}"), "规则的分级条件")
    return [row[-1] == "已达到" for row in cells]


def _page(site: Site, path: str) -> Any:
    return json.loads(page_asked(path, "").of(signed_in(site, LEADER))[2])


def _table(node: Any, caption: str) -> list[list[str]]:
    """Rows of the table under a caption, each cell's words."""
    for one in _nodes(node):
        if one["type"] == "Table" and _words(one).startswith(caption):
            rows = [row for row in _nodes(one) if row["type"] == "Tr"]
            return [[_words(cell) for cell in _nodes(row) if cell["type"] in {"Td", "Th"}] for row in rows[1:]]
    raise AssertionError(f"no table {caption}")


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for one in node:
            yield from _nodes(one)
    elif isinstance(node, dict):
        if "type" in node and "props" in node:
            yield node
        for one in node.values():
            yield from _nodes(one)


def _words(node: Any) -> str:
    if isinstance(node, str):
        return node
    if isinstance(node, list):
        return "".join(_words(one) for one in node)
    if isinstance(node, dict) and "props" in node:
        return _words(node["props"].get("children"))
    return ""


def test_nineteen_of_190_meet_the_share_and_not_the_twenty_persons(site: Site) -> None:
    blue = [row for row in _table(_page(site, f"/warning/{SMALL['episode_id']}"), "规则的分级条件") if "蓝色" in row[0]]
    assert [("达到 20" in row[1], row[-1] == "已达到") for row in blue] == [(False, True), (True, False)]
    assert sum(met(site, SMALL["episode_id"])) == 1


def test_of_the_closing_factory_the_row_for_employers_of_its_size_is_met(site: Site) -> None:
    rows = _table(_page(site, "/warning/w0001"), "规则的分级条件")
    orange = [row for row in rows if "橙色" in row[0]]
    assert [("2,000" in row[1], row[-1] == "已达到") for row in orange] == [(False, True), (True, False)]


def test_a_level_that_the_figures_do_not_reach_is_not_said_to_be_met(site: Site) -> None:
    page = _page(site, f"/warning/{RAISED['episode_id']}")
    marked = {row[0]: row[-1] for row in _table(page, "规则的分级条件")}
    assert not [level for level, mark in marked.items() if "橙色" in level and mark]
    assert "该级别是此前达到的；只看最新数字，级别应更低。" in _words_of(page)


def test_the_version_of_the_rule_that_judged_is_named_where_one_is_kept(site: Site) -> None:
    said = {
        str(row["rule_hash"]): _words_of(_page(site, f"/warning/{row['episode_id']}")) for row in (SMALL, SPIKE, RAISED)
    }
    as_it_stands = str(RAISED["rule_hash"])
    assert "判断所依规则内容的版本" not in said["None"], "published before versions were kept"
    assert f"判断所依规则内容的版本：{as_it_stands}。" in said[as_it_stands]
    assert "规则此后已改动。" not in said[as_it_stands]
    assert "判断所依规则内容的版本：0123456789abcdef；规则此后已改动。" in said["0123456789abcdef"]


def _words_of(page: Any) -> str:
    return "\n".join(_words(one) for one in _nodes(page))


def test_an_area_s_own_line_is_the_one_shown(city: City, tmp_path: Path) -> None:
    shutil.copytree(city.published, tmp_path / "data" / "published")
    with served(tmp_path / "data") as place:
        folder = Path(shutil.copytree(place.app.server.config[REGION], tmp_path / "liaocheng"))
        head = "rule_id,level,area,min_strength,min_ratio,min_people,line,margin,min_base,basis,effective_from,effective_to,author,approver"
        (folder / "rule_overrides.csv").write_text(
            f"{head}\nemployer_layoff,2,{AREA},,,,237,,,试点,2026-11-01,2026-12-31,甲,乙\n", encoding="utf-8"
        )
        place.app.server.config[REGION] = folder
        orange = [row for row in _table(_page(place, "/warning/w0001"), "规则的分级条件") if "橙色" in row[0]]
    assert all("达到 237" in row[1] and "本地区单独的预警线，至 2026年12月31日" in row[1] for row in orange)
    assert not any(row[-1] for row in orange)


def test_where_a_rise_of_months_comes_from_is_counted_in_months(site: Site) -> None:
    rows = _table(_page(site, f"/warning/{SPIKE['episode_id']}"), "同一时段内各组成部分")
    assert [(row[1], row[2]) for row in rows] == [("230", "111")]


def test_the_parts_of_an_expected_rate_multiply_to_it_and_a_short_history_is_said(site: Site) -> None:
    said = _words_of(_page(site, f"/warning/{SPIKE['episode_id']}"))
    assert "此前水平 300 × 日历因素 1.00 × 报送规模 0.93（以最早一期为 1）" in said
    assert "暂定：自身历史还不够长，沿用上级的日历规律" in said


@pytest.mark.parametrize(
    ("reason", "factor", "told"),
    [
        (None, 0.82, "日历因素 0.82"),
        ("before_festival", 0.82, "日历因素 0.82（春节前）"),
        ("before_festival", 0.99, "日历因素 0.99"),
        ("", 0.82, "通常变化 0.82"),
    ],
)
def test_the_calendar_factor_says_because_of_what(reason: str | None, factor: float, told: str) -> None:
    assert warning._factor(pd.Series({"reason": reason, "factor_mean": factor})) == told


def test_every_part_of_the_calendar_has_words() -> None:
    assert set(CALENDAR_REASONS.values()) == set(warning._CALENDAR)


def test_a_month_s_card_says_how_well_its_history_is_known(site: Site) -> None:
    said = _words_of(_page(site, f"/area/{AREA}"))
    assert "暂定：自身历史还不够长，沿用上级的日历规律" in said
    assert "历史太短，暂不判断" in said


def test_a_measure_is_due_on_its_own_day_and_a_workday(site: Site) -> None:
    region = load(site.app.server.config[REGION])
    plan = region.playbook
    slow = plan[plan["kinds"].str.contains("event")].sort_values("due_days").iloc[-1]
    client, page = signed_in(site, head_of(AREA)), f"/warning/{SMALL['episode_id']}"
    options = _words_of(json.loads(page_asked(page, "").of(client)[2]))
    values = {"playbook": slow["playbook"], "owner": "就业科", "due_on": ""}
    assert client.post(f"{page}/measure", json=values, headers=ORIGIN).status_code == 200
    with site.ledger.reading() as connection:
        [one] = measures(connection, [str(SMALL["episode_id"])])[str(SMALL["episode_id"])]
    assert region.is_workday(one.due_on)
    today = datetime.now(UTC).date()
    assert (one.due_on - today).days >= int(slow["due_days"]) - 1
    assert f"{slow['title']}（通知第 {slow['item']} 项），{one.due_on} 前" in options


@pytest.mark.parametrize(
    ("spoken", "caption", "others"),
    [(Language.CHINESE, "企业", "其余合计"), (Language.ENGLISH, "Employers", "all others together")],
)
def test_who_makes_up_a_rise_is_named_with_its_share(site: Site, spoken: Language, caption: str, others: str) -> None:
    for viewer in (LEADER, head_of(AREA)):
        page = json.loads(page_asked("/warning/w0002", "").of(speaking(site, viewer, spoken))[2])
        assert _table(page, caption) == [
            ["".join(CLOSING[::-1]), "61", "1.5", "+60", "94.4%"],
            ["".join(SMALL_ONE[::-1]), "7", "2.5", "+4.5", "7.1%"],
            [others, "28", "29", "−1.0", "−1.6%"],
        ]


def test_what_is_not_known_of_one_is_not_known_of_all_and_makes_no_shares() -> None:
    kinds = {"kind": "employer", "member": ["f", None], "member_name": ["厂", None], "place": [1, 0]}
    found = pd.DataFrame(kinds).assign(observed=[24.0, 53.0])
    with_new_ones = [
        [str(cell) for cell in cells[1:]] for cells in contributor_lines(found.assign(expected=[4.0, None]))
    ]
    assert with_new_ones == [["24", "4", "+20", ""], ["53", "", text("not known"), ""]]
    of_reports = [cells[1:] for cells in contributor_lines(found.assign(expected=[None, None]))]
    assert of_reports == [["24", "31.2%"], ["53", "68.8%"]]


def test_of_a_warning_without_such_a_list_nobody_is_named(site: Site) -> None:
    page = _page(site, "/warning/w0005")
    assert "其余合计" not in _words_of(page)


def test_whoever_sees_no_exact_figures_sees_no_employer_in_a_rise(site: Site) -> None:
    for viewer in (head_of(LATE), AUDITOR):
        status, _, said = page_asked("/warning/w0002", "").of(signed_in(site, viewer))
        assert status == 200
        assert CLOSING[0] not in said
        assert CLOSING[1] not in said


@pytest.mark.parametrize(
    ("spoken", "said"),
    [
        (Language.CHINESE, "有旁证 一致：社会保险；不一致：移动通信"),
        (Language.ENGLISH, "corroborated agree: social insurance; disagree: telecom"),
    ],
)
def test_a_warning_says_at_its_top_what_other_sources_make_of_it(site: Site, spoken: Language, said: str) -> None:
    page = json.loads(page_asked("/warning/w0005", "").of(speaking(site, LEADER, spoken))[2])
    words = _words_of(page)
    assert said in words
    assert words.index(said) < words.index({Language.CHINESE: "办理情况", Language.ENGLISH: "Where it stands"}[spoken])


def test_a_list_of_warnings_says_it_in_a_word(site: Site) -> None:
    assert "有旁证" not in _words_of(_page(site, "/")), "the first page has no room for it"
    assert "有旁证" in _words_of(_page(site, f"/area/{AREA}"))


def test_a_look_at_an_employer_in_a_rise_is_entered_in_the_audit_trail(site: Site) -> None:
    client = signed_in(site, LEADER)
    page_asked("/warning/w0002", "").of(client)
    assert any("w0002" in entry.target for entry in trail.entries(site.ledger, act=Act.SMALL_CELL_VIEW))
