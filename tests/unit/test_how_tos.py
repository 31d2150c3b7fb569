"""Changes that docs/develop describes are made as they are written there, in a copy of the region, and have their effect."""

import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from model_city import weekly_regions

from models.blend import YEAR_SHARES, candidates
from models.panel import Panel
from models.recipe import WEEK
from pipelines.core.domain import Level, Role, State
from pipelines.core.region.load import Region, load
from pipelines.ledger.workflow.transition import possible_steps
from tests.forked import ROOT
from tests.house import LIAOCHENG


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the region that a guide may change."""
    return Path(shutil.copytree(LIAOCHENG, tmp_path / "liaocheng"))


def blocks(guide: str) -> list[str]:
    """The examples of a guide."""
    text = (ROOT / "docs" / "develop" / guide).read_text(encoding="utf-8")
    return re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def block(guide: str) -> str:
    """The first of them."""
    return blocks(guide)[0]


def confirms(region: Region, *, is_city: bool) -> list[Role]:
    found = possible_steps(region.transition, Level.YELLOW, State.TO_VERIFY, is_city=is_city)
    return [one.role for one in found if one.to is State.CONFIRMED]


def test_the_duty_desk_confirms_yellow_after_one_row_is_changed(folder: Path) -> None:
    assert confirms(load(folder), is_city=False) == [Role.COUNTY_HEAD]
    table, (row,) = folder / "transition.csv", block("who-confirms.md").splitlines()
    start = ",".join(row.split(",")[:3]) + ","
    lines = table.read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith(start) for line in lines) == 1
    table.write_text("\n".join(row if line.startswith(start) else line for line in lines) + "\n", encoding="utf-8")
    region = load(folder)
    assert confirms(region, is_city=False) == confirms(region, is_city=True) == [Role.CITY_DUTY]


def test_cells_of_fewer_than_twenty_persons_are_hidden_after_one_section_is_changed(folder: Path) -> None:
    assert load(folder).disclosure.persons == 10
    table, section = folder / "region.toml", block("threshold.md")
    text = table.read_text(encoding="utf-8")
    changed = re.sub(r"\[disclosure\]\n(?:\w+ = .*\n)+", section, text)
    assert changed != text
    table.write_text(changed, encoding="utf-8")
    assert load(folder).disclosure.persons == 20


def test_three_past_years_are_looked_at_after_one_number_is_changed(tmp_path: Path) -> None:
    changed, of_weeks = (
        tmp_path / "recipe.py",
        ("    year=52,\n    past_years=2,\n", "    year=52,\n" + block("past-years.md")),
    )
    text = (ROOT / "models" / "recipe.py").read_text(encoding="utf-8")
    assert text.count(of_weeks[0]) == 1
    changed.write_text(text.replace(*of_weeks), encoding="utf-8")
    module = runpy.run_path(str(changed))
    values = np.full((4, 260), 99.0)
    values[:, 260 - 156] = 199.0  # the week three years before the first that is forecast
    panel = weekly_regions(260)
    panel = Panel(panel.series, panel.periods, values, np.ones_like(values), "week")
    of_two, of_three = (
        candidates(panel, 259, np.full((4, 4), 99.0), recipe)[0, 0, 0] for recipe in (WEEK, module["WEEK"])
    )
    assert of_two == pytest.approx(np.log(100), abs=1e-3)
    assert of_three == pytest.approx(np.log(100) + YEAR_SHARES[0] * np.log(2) / 4, abs=1e-2)


QUEUED = """
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from pathlib import Path
from types import SimpleNamespace

from pipelines.core.domain import Edition
from pipelines.core.region.load import load
from pipelines.core.settings import Settings
from pipelines.notifying import calendar_mails

region = load(Path("data/regions/liaocheng"))
now, edition = datetime(2026, 11, 2, 0, 40, tzinfo=UTC), Edition(date(2026, 11, 2), 1, datetime(2026, 11, 1, 23, tzinfo=UTC))
given = SimpleNamespace(edition=edition, region=region, settings=Settings(), now=now, is_demonstration=False)
for kind, to, key in calendar_mails._due(region, date(2026, 11, 2)):
    if kind.purpose == "absence":
        made = calendar_mails.draft_notice(given, None, kind, to, key)
        message = message_from_bytes(made.message, policy=policy.default)
        print(to.role, made.purpose_key, message["Subject"], message.get_body(("html",)) is not None)
"""


def test_a_mail_is_due_after_one_file_one_name_and_its_templates_are_added(tmp_path: Path) -> None:
    """In a copy of the program: the registry finds kinds where it stands itself."""
    for part in ("pipelines", "models", "data/regions"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    notifying = tmp_path / "pipelines" / "notifying"
    python, template = blocks("mail.md")
    (notifying / "kinds" / "absence.py").write_text(python, encoding="utf-8")
    for form in ("txt", "html"):
        path = notifying / "templates" / f"absence.{form}.j2"
        path.write_text(template.replace("frame.txt", f"frame.{form}"), encoding="utf-8")
    ledger = tmp_path / "pipelines" / "ledger" / "notifications" / "notice.py"
    text = ledger.read_text(encoding="utf-8")
    ledger.write_text(
        text.replace('    WATCH = "watch"\n', '    WATCH = "watch"\n    ABSENCE = "absence"\n'), encoding="utf-8"
    )
    said = subprocess.run(
        [sys.executable, "-c", QUEUED], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}, text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    lines = said.stdout.splitlines()
    assert len(lines) == 11  # the counties' clerks
    assert all(line.startswith("county_clerk absence:2026-11 [值守安排] ") for line in lines)


SEEN = """
import json, re, sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from dashboard.web.app import create_app
from pipelines.__main__ import main
from pipelines.core.domain import Role
from pipelines.core.settings import Settings
from pipelines.ledger import open_ledger
from pipelines.ledger.accounts import link

for command in ("ingest --backfill", "run --from 2020-03-11 --to 2020-03-11"):
    sys.argv = ["gangshao", *command.split()]
    with suppress(SystemExit):
        main()
settings = Settings()
settings.demonstration_mark.touch()  # links sign in to invented data only
ledger = open_ledger(settings)
client = create_app(settings, ledger).server.test_client()
token = link.issue_link(ledger, Role.CITY_LEADER, frozenset(), "leader", timedelta(hours=1), datetime.now(UTC))
client.post(f"/sign-in/{token}", json={}, headers={"Origin": "http://localhost"})


def page(path):
    answer = client.get(path, headers={"Accept": "text/html"})
    first = re.search('id="first-page">(.*?)</script>', answer.get_data(as_text=True), re.DOTALL)
    print(answer.status_code, json.dumps(json.loads(first[1]), ensure_ascii=False))
    return first[1]


address = re.search(r"/warning/[\\w.%:-]+", page("/gig-market"))
page(address[0])
client.post("/language", json={"language": "en"}, headers={"Origin": "http://localhost"})
page("/gig-market")
"""


def files_of(guide: str) -> dict[str, str]:
    """The files a guide makes or adds lines to, by path: each is named at the beginning of the lines before its block."""
    text = (ROOT / "docs" / "develop" / guide).read_text(encoding="utf-8")
    return dict(re.findall(r"^`([\w./-]+)`[^\n]*\n\n^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_a_feed_an_indicator_a_rule_and_a_page_are_eight_files_and_lead_to_a_warning(tmp_path: Path) -> None:
    """In a copy of the program, from files in the inbox to the page over HTTP; it costs more than 10 s, because only a
    program that began after the files were added finds them by their being there."""
    copied, guide = tmp_path / "copy", files_of("feed.md")
    for part in ("pipelines", "models", "dashboard", "data/regions", "data/sample"):
        shutil.copytree(ROOT / part, copied / part, ignore=shutil.ignore_patterns("__pycache__"))
    before = contents(copied)
    for name, text in guide.items():
        path = copied / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text(encoding="utf-8") if path.exists() else "") + text, encoding="utf-8")
    after = contents(copied)
    assert sorted(name for name in after if after[name] != before.get(name)) == [
        "dashboard/locale/zh_CN/gig_market.po",
        "dashboard/pages/gig_market.py",
        "data/regions/liaocheng/english.csv",
        "data/regions/liaocheng/feeds.csv",
        "data/regions/liaocheng/rules.csv",
        "data/sample/gig_market/gig_market_371522_202002.csv",
        "pipelines/feeds/gig_market.py",
        "pipelines/sql/indicators/gig_unplaced_share.sql",
    ]
    assert before.keys() <= after.keys()
    sample = copied / "data/sample/gig_market/gig_market_371522_202002.csv"
    inbox = tmp_path / "var" / "inbox" / "gig_market"
    for month in pd.period_range("2019-01", "2020-02", freq="M"):
        folder = inbox / f"{(month + 1).start_time:%Y-%m}-09"
        folder.mkdir(parents=True)
        text, written = sample.read_text(encoding="utf-8"), month.strftime("%Y%m")
        usual = text if written == "202002" else text.replace(",540", ",1080").replace(",300", ",640")
        (folder / f"gig_market_371522_{written}.csv").write_text(usual.replace("202002", written), encoding="utf-8")
    own = {"GANGSHAO_DATA": str(tmp_path / "var"), "GANGSHAO_KEYS": str(tmp_path / "keys"), "PYTHONPATH": str(copied)}
    said = subprocess.run(
        [sys.executable, "-c", SEEN], cwd=copied, env=os.environ | own, text=True, capture_output=True, check=False
    )
    assert said.returncode == 0, said.stderr
    page, warning, in_english = said.stdout.splitlines()[-3:]
    for answer, words in (
        (page, ("零工市场未成交比例偏高", "莘县")),
        (warning, ("零工市场未成交比例",)),
        (in_english, ("Many gig workers find no work", "Gig markets")),
    ):
        assert answer.startswith("200 ")
        assert all(word in answer for word in words)
