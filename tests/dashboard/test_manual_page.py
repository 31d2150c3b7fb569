"""The glossary has every term, the manual a chapter for each kind of work; its pictures are taken here, in a browser."""

import json
import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from dashboard.locale import Language, text_in
from dashboard.pages import glossary, manual
from pipelines.core.domain import Role, Viewer
from tests.dashboard.site import ADMINISTRATOR, LEADER, Site
from tests.dashboard.test_language import asked, speaking, words
from tests.tier import IS_LONG

pytestmark = pytest.mark.xdist_group("manual_page")
OWN = "371503"
# The words the trade has fixed (domain.md §5.2).
FIXED = {
    "失业预警": "unemployment warning", "失业动态监测": "dynamic job monitoring", "建档期": "base period",
    "岗位流失率": "job-loss rate", "求人倍率": "vacancy/seeker ratio", "增员、减员": "insured joins and leaves",
    "领取失业保险金人数": "benefit recipients", "监测村": "monitored village", "稳岗返还": "job-retention refund",
    "裁员率": "layoff rate", "就业风险储备金": "employment-risk reserve", "公益性岗位": "public-welfare post",
    "规上企业": "above-scale enterprise", "五个重点": "five focuses", "零就业家庭": "zero-employment household",
    "责任单位": "responsible unit",
}  # fmt: skip
PAGES = {
    "chief": (LEADER, "/"),
    "clerk": (Viewer(Role.COUNTY_CLERK, frozenset({OWN}), "clerk"), f"/area/{OWN}"),
    "analyst": (Viewer(Role.CITY_ANALYST, name="analyst"), "/rules"),
    "administrator": (ADMINISTRATOR, "/accounts"),
    "auditor": (Viewer(Role.AUDITOR, name="auditor"), "/audit"),
}


@pytest.fixture
def pictures(browser: Browser, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The pictures of all chapters, in a folder of the test or in the one that ``make manual`` names.

    In `make test` the first chapter's stand for all: other tests open these pages.
    """
    folder = Path(os.environ.get("GANGSHAO_MANUAL", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    for name, (viewer, address) in PAGES.items():
        for of in Language:
            if not IS_LONG and "GANGSHAO_MANUAL" not in os.environ and name != "chief":
                shutil.copy(folder / f"chief_{of}.png", folder / f"{name}_{of}.png")
                continue
            context = browser.new_context(viewport={"width": 1366, "height": 768}, locale=of)
            site.sign_in(context, viewer)
            page = context.new_page()
            page.goto(site.url + address)
            page.wait_for_selector(".page main h1")
            page.screenshot(path=folder / f"{name}_{of}.png")
            context.close()
    monkeypatch.setattr(manual, "PICTURES", folder)
    return folder


def test_the_glossary_has_every_fixed_term_in_both_languages_side_by_side(site: Site) -> None:
    assert {text_in(Language.CHINESE, term): term for term in glossary.TRADE} == FIXED
    for of in Language:
        rows = asked(speaking(site, LEADER, of), glossary.PATH)
        for chinese, english in FIXED.items():
            assert f'"{chinese}"' in rows
            assert f'"{english}"' in rows


def test_the_manual_has_a_chapter_for_each_kind_of_work_and_no_picture_that_is_not_there(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manual, "PICTURES", tmp_path)
    page = asked(speaking(site, LEADER, Language.CHINESE), manual.PATH)
    said = set(words(json.loads(page)))
    assert {"局领导", "县局经办人员", "分析人员", "系统管理员", "审计员"} <= said
    assert "/assets/manual/" not in page
    assert [one.name for one in manual.CHAPTERS] == list(PAGES)


def test_the_manual_shows_pictures_in_the_readers_language(site: Site, pictures: Path) -> None:
    files = {file.name for file in pictures.glob("*.png")}
    assert len(files) == 2 * len(PAGES)
    sizes = [(pictures / name).stat().st_size for name in files]
    assert min(sizes) > 20_000, "a page, not a blank"
    for of in Language:
        page = asked(speaking(site, LEADER, of), manual.PATH)
        assert [f"/assets/manual/{name}_{of}.png" in page for name in PAGES] == [True] * len(PAGES)
        assert [f"/assets/manual/{name}_{of.other}.png" in page for name in PAGES] == [False] * len(PAGES)


def test_both_are_one_key_away_from_every_page(site: Site) -> None:
    for viewer, address in PAGES.values():
        page = asked(speaking(site, viewer, Language.CHINESE), address)
        assert f'"href": "{glossary.PATH}"' in page
        assert f'"href": "{manual.PATH}"' in page
