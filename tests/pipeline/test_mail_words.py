import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipelines.core.settings import Settings
from pipelines.core.text_safety import CONTROLS
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.notifications.notice import Purpose, recorded_notices
from pipelines.notifying.audience import offices
from pipelines.notifying.completeness import completeness_lines
from pipelines.notifying.notices import decide
from pipelines.notifying.outbox import send
from tests.pipeline.mail_city import NOW, REGION, City, Told, edition, parsed, part

DAY = date(2026, 11, 23)
WARNINGS = [
    Told("a1", "371502", 2, DAY),
    Told("a2", "371502", 4, DAY, industry="F", observed_band="<10", people_band="<10"),
    Told("b1", "371503", 3, DAY, industry="G"),
    Told("z1", "371500", 3, DAY, "ALL", indicator="job_loss_rate", kind="level", observed_band="", people_band="500+"),
]


def mails(
    city: City, ledger: Ledger, is_demonstration: bool = False, warnings: Sequence[Told] = WARNINGS
) -> dict[str, tuple[str, str, str]]:
    """Office → subject, text, HTML of its digest; office and "!" → of its mail at once, if there is one."""
    city.publish([edition(DAY)], list(warnings), is_demonstration)
    decide(edition(DAY), is_replay=False, ledger=ledger, region=REGION, settings=city.settings, now=NOW)
    send(ledger, city.settings, NOW)
    found = {}
    urgent = {notice.message_id for notice in recorded_notices(ledger) if notice.purpose == Purpose.IMMEDIATE}
    for path in city.settings.outbox.glob("*.eml"):
        message = parsed(path.read_bytes())
        mark = "!" if str(message["Message-ID"]) in urgent else ""
        key = path.name.split("_")[1] + mark
        found[key] = (str(message["Subject"]), part(message, "plain"), part(message, "html"))
    return found


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())


def words(html: str) -> str:
    reader = _Words()
    reader.feed(html)
    return " ".join(reader.words)


def test_an_office_reads_of_its_own_area_and_of_city_totals_only(city: City, ledger: Ledger) -> None:
    written = mails(city, ledger)
    assert set(written) == {"liaocheng", "dongchangfu", "chiping", "liaocheng!", "dongchangfu!"}
    names = dict(zip(REGION.places["code"], REGION.places["name"], strict=True))
    for office, own in (("dongchangfu", "371502"), ("chiping", "371503")):
        for text in written[office]:
            for code in REGION.units:
                is_named = str(names[code]) in text or code in text
                assert is_named == (code == own), (office, code)
        assert "聊城市合计" in written[office][1]
    assert all(name in written["liaocheng"][1] for name in ("东昌府区", "茌平区"))


def test_a_mail_says_what_other_sources_make_of_it_where_they_say_anything(city: City, ledger: Ledger) -> None:
    said = {"a1": "consistent", "a2": "single", "b1": "conflicting"}
    warnings = [replace(one, agreement=said.get(one.episode_id)) for one in WARNINGS]
    warnings.append(Told("f1", "371502", 4, DAY, "ALL", kind="data_fault", agreement="corroborated"))
    written = mails(city, ledger, warnings=warnings)
    for body in (written["dongchangfu!"][1], words(written["dongchangfu!"][2])):
        assert re.search(r"来源比对[：\s]*多源一致", body)
    city_wide = written["liaocheng"]
    assert [body.count("来源比对：") for body in city_wide[1:]] == [2, 2]
    assert all(word in city_wide[1] for word in ("来源比对：多源一致", "来源比对：来源不一致"))
    assert "单一来源" not in city_wide[1]


def test_a_mail_speaks_in_bands_and_of_suspicion(city: City, ledger: Ledger) -> None:
    subject, text, html = mails(city, ledger)["dongchangfu"]
    assert (
        subject
        == "[疑似蓝色预警·待核实] 东昌府区 批发和零售业 失业保险金新增申领 新增，比预期多 不足 10 人 数据截至2026-11-22"
    )
    for body in (text, words(html)):
        assert "尚未正式发布" in body
        assert "20–49 人" in body
        assert "不足 10 人" in body
        assert "500 人以上" in body
        assert "第一次向您通报" in body
        assert not re.search(r"(?<!疑似)(红|橙|黄|蓝)色预警", body)


def test_sections_stand_by_severity(city: City, ledger: Ledger) -> None:
    _, text, html = mails(city, ledger)["liaocheng"]
    for body in (text, words(html)):
        places = [body.rindex(f"疑似{level}预警") for level in ("橙色", "黄色", "蓝色")]
        assert places == sorted(places)


def test_a_mail_says_what_its_figures_rest_on(city: City, ledger: Ledger) -> None:
    written = mails(city, ledger)
    assert "数据完整性：应报 5 份，已全部报来（日报为近 7 天，其他报表为最近一期）\r\n" in written["dongchangfu"][1]
    assert "失业保险金申领：近 7 天应报 5 份，已报 4 份，尚缺 1 份（11-22）" in written["chiping"][1]
    assert "应报 55 份，已报 54 份，尚缺 1 份（茌平区 11-22）" in written["liaocheng"][1]
    assert "数据截至：2026-11-22（本版次收数截止 2026-11-23 07:00，版次 2026-11-23.1）" in written["dongchangfu"][1]


def test_a_digest_leads_with_what_no_mail_of_its_own_tells_of(city: City, ledger: Ledger) -> None:
    written = mails(city, ledger)
    _, text, html = written["dongchangfu"]
    lead = "东昌府区批发和零售业的失业保险金新增申领明显高于按往年同期和近期水平的预期"
    assert text.split("\r\n")[2].startswith(lead)
    assert "登录办理（需要登录）：https://gangshao.example.com/warning/a2\r\n" in text
    assert f"{lead}：" in html
    for body in (text, html):
        assert body.count("已单独即时通报") == 1
    assert "已单独即时通报" not in written["dongchangfu!"][1]


@pytest.mark.requirement("1.2.2")
def test_each_warning_leads_to_its_page(city: City, ledger: Ledger) -> None:
    _, text, html = mails(city, ledger)["dongchangfu"]
    for episode_id in ("a1", "a2"):
        assert f"https://gangshao.example.com/warning/{episode_id}" in text
        assert f'href="https://gangshao.example.com/warning/{episode_id}"' in html


def test_the_html_is_readable_without_anything_from_elsewhere(city: City, ledger: Ledger) -> None:
    _, _, html = mails(city, ledger)["dongchangfu"]
    assert html.count("<caption") == html.count("<table") == 2
    _, _, html = mails(city, ledger)["dongchangfu!"]
    assert not re.search(r"<(img|script|link|iframe)|src=|@import|url\(", html)
    assert 'lang="zh-CN"' in html


def test_mails_about_invented_data_say_so_everywhere(city: City, ledger: Ledger) -> None:
    for subject, text, html in mails(city, ledger, is_demonstration=True).values():
        assert subject.startswith("【演示数据】")
        assert "虚构" in text
        assert "虚构" in html


def test_a_monthly_warning_says_which_month_and_shows_no_band_for_a_rate(city: City, ledger: Ledger) -> None:
    monthly = Told(
        "m1",
        "371502",
        4,
        DAY,
        observed_band="",
        rule_id="job_loss_rate_level",
        indicator="job_loss_rate",
        kind="level",
        data_to=date(2026, 10, 1),
    )
    city.publish([edition(DAY)], [monthly])
    decide(edition(DAY), is_replay=False, ledger=ledger, region=REGION, settings=city.settings, now=NOW)
    send(ledger, city.settings, NOW)
    (path,) = city.settings.outbox.glob("*_dongchangfu_*.eml")
    message = parsed(path.read_bytes())
    assert (
        message["Subject"] == "[疑似蓝色预警·待核实] 东昌府区 制造业 岗位流失率 新增，涉及 10–19 人 数据截至2026-10-31"
    )
    assert "  涉及 10–19 人；数据至 2026年10月；自 2026-11-23 起" in part(message, "plain")


def test_bands_of_people_are_not_read_as_a_rate_and_posts_not_as_people(city: City, ledger: Ledger) -> None:
    rate = {"indicator": "job_loss_rate", "observed_band": "50–99", "people_band": "20–49"}
    ratio = {"indicator": "vacancy_seeker_ratio", "kind": "level", "observed_band": "", "people_band": "500+"}
    told = [Told("r1", "371502", 3, DAY, **rate), Told("v1", "371500", 3, DAY, "ALL", **ratio)]
    found = mails(city, ledger, warnings=told)
    of_rate, of_ratio = found["dongchangfu"][1], found["liaocheng"][1]
    assert "比预期多 20–49 人" in of_rate
    assert "50–99" not in of_rate
    assert "求人倍率" in of_ratio
    assert "500 人以上" not in of_ratio


@pytest.mark.requirement("1.1.2", "1.2.1", "1.3.11")
def test_names_from_the_data_cannot_become_markup(city: City, ledger: Ledger) -> None:
    marked = [Told("a1", "371502", 2, DAY, observed_band="<script>alert(1)</script>")]
    city.publish([edition(DAY)], marked)
    decide(edition(DAY), is_replay=False, ledger=ledger, region=REGION, settings=city.settings, now=NOW)
    send(ledger, city.settings, NOW)
    for path in city.settings.outbox.glob("*.eml"):
        assert "<script" not in part(parsed(path.read_bytes()), "html")


@pytest.mark.requirement("1.2.1", "1.3.11")
def test_a_name_reorders_nothing_in_a_mail_and_adds_no_line_to_its_head(city: City, ledger: Ledger) -> None:
    odd = "\u202e\x07\ue000\nBcc: x@example.com\r\n"
    city.publish([edition(DAY)], [Told("a1", "371502", 2, DAY, observed_band=odd, people_band=odd)])
    with duckdb.connect(str(next(city.settings.published.glob("*/general.duckdb")))) as con:
        con.execute("update place set name = $1 || name, short_name = $1 || short_name", [odd])
    decide(edition(DAY), is_replay=False, ledger=ledger, region=REGION, settings=city.settings, now=NOW)
    send(ledger, city.settings, NOW)
    messages = [parsed(path.read_bytes()) for path in city.settings.outbox.glob("*.eml")]
    texts = [text for one in messages for text in (str(one["Subject"]), part(one, "plain"), part(one, "html"))]
    assert sum("⟦U+202E⟧⟦U+0007⟧\ue000" in text for text in texts) >= 2
    assert not [text for text in texts if CONTROLS.search(text)]
    assert all(one["Bcc"] is None for one in messages)


def test_the_same_decision_writes_the_same_bytes_under_the_same_name(
    city: City, ledger: Ledger, tmp_path: Path
) -> None:
    mails(city, ledger)
    first = {path.name: path.read_bytes() for path in city.settings.outbox.glob("*.eml")}
    other = City(tmp_path / "again", Settings(data=tmp_path / "again", base_url="https://gangshao.example.com"))
    second_ledger = open_ledger(other.settings)
    mails(other, second_ledger)
    assert {path.name: path.read_bytes() for path in other.settings.outbox.glob("*.eml")} == first
    second_ledger.close()


def test_mails_of_a_week_share_a_thread_and_each_has_its_own_name(city: City, ledger: Ledger) -> None:
    mails(city, ledger)
    messages = [parsed(path.read_bytes()) for path in city.settings.outbox.glob("*_liaocheng_*.eml")]
    messages = [message for message in messages if "黄色 2 项、蓝色 1 项" in str(message["Subject"])]
    assert len(messages) == 2
    assert len({message["Message-ID"] for message in messages}) == 2
    assert len({message["References"] for message in messages}) == 1
    assert all(str(message["Message-ID"]).endswith("@hr.example.com>") for message in messages)
    assert {notice.message_id for notice in recorded_notices(ledger, "2026-11-23.1") if notice.is_due} >= {
        str(message["Message-ID"]) for message in messages
    }


def test_an_outbox_mail_is_written_once_however_often_one_sends(city: City, ledger: Ledger) -> None:
    mails(city, ledger)
    before = {path: path.stat().st_mtime_ns for path in city.settings.outbox.glob("*.eml")}
    assert send(ledger, city.settings, NOW).sent == 0
    assert {path: path.stat().st_mtime_ns for path in city.settings.outbox.glob("*.eml")} == before


def test_completeness_names_what_lacks_of_an_office_and_counts_the_rest_in_a_line() -> None:
    day = {"grain": "day", "period": DAY - timedelta(days=1), "due_at": pd.Timestamp("2026-11-22 23:00")}
    month = {"grain": "month", "period": date(2026, 10, 1), "due_at": pd.Timestamp("2026-11-09 23:00")}
    came, lacks = {"status": "reported", "received_at": pd.Timestamp("2026-11-09")}, {"status": "missing"}
    roster = pd.DataFrame(
        [
            {"feed": "vacancy", "area": "371500"} | day | lacks,
            {"feed": "insured_event", "area": "371502"} | day | came,
            {"feed": "insured_headcount", "area": "371502"} | month | came,
            {"feed": "labour_shortage", "area": "371502"} | month | lacks,
            {"feed": "benefit_claim", "area": "371503"} | day | came,
        ]
    ).astype({"received_at": "datetime64[us]"})
    own = {one.office_id: completeness_lines(roster, edition(DAY), one, REGION) for one in offices(REGION)}
    rest = "已全部报来（日报为近 7 天，其他报表为最近一期）"
    lacking = "企业用工监测：2026年10月应报 1 份，已报 0 份，尚缺 1 份（本单位）"
    assert own["dongchangfu"] == [lacking, f"其余应报 2 份，{rest}"]
    assert own["chiping"] == [f"应报 1 份，{rest}"]
    assert own["gaotang"] == []
    assert [line.split("：")[0] for line in own["liaocheng"][:2]] == ["招聘岗位", "企业用工监测"]
