"""Rules on vintages: a backtest says what the editions said; a rule is enabled by two persons, and the doctor looks."""

import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import update

from pipelines.cli.demo import replay_demonstration
from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import Role, Viewer
from pipelines.core.region import load as regions
from pipelines.core.region.rule_version import hashes_on, newest, rule_hash
from pipelines.core.region.rules import LEADS
from pipelines.core.settings import Settings
from pipelines.demo import CitySpec
from pipelines.judging.rule_backtest import backtest, backtest_together
from pipelines.judging.verification_labels import decided
from pipelines.ledger import open_ledger
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import ActContext
from pipelines.ledger.db.schema import rule_act
from pipelines.ledger.workflow.rule import RuleActKind, backtests, decide_rule, rule_acts
from pipelines.run import silent
from tests.house import ROOT, House
from tests.permitted import PERMISSIONS

FIRST, LAST = date(2026, 10, 12), date(2026, 10, 31)
SOME = (date(2026, 10, 22), LAST)
"""Days that are enough where a rule is held against itself."""
SPAN = ("--from", str(FIRST), "--to", str(LAST))
LIAOCHENG = ROOT / "data" / "regions" / "liaocheng"
pytestmark = pytest.mark.xdist_group("replay")


def test_a_backtest_of_the_rules_in_force_says_what_the_editions_said(replayed: House) -> None:
    """Only this finds a rule that is judged otherwise by a backtest than by the editions."""
    region = regions.load(LIAOCHENG)
    enabled = region.rules[region.rules["is_enabled"] & ~region.rules["kind"].isin(LEADS)]["rule_id"].unique()
    total = 0
    with duckdb.connect(str(replayed.data / "warehouse.duckdb"), read_only=True) as con:
        every = backtest_together(con, region, [newest(region, rule_id) for rule_id in enabled], (FIRST, LAST))
        for rule_id, found in every.items():
            told = sorted((case["opened_on"], case["area"], case["industry"], case["level"]) for case in found["cases"])
            stored = con.execute(
                "select cast(min(opened_on) as varchar), area, industry, min(level) from episode where rule_id = ? "
                "group by episode_id, area, industry having min(opened_on) > ? order by all",
                [rule_id, FIRST],
            ).fetchall()
            assert told == stored, rule_id
            assert found["warnings"] == len(stored)
            total += len(stored)
    assert set(every) == set(enabled)
    assert total > 5


def test_a_try_out_keeps_a_backtest_of_every_rule_as_of_each_alone(
    recent: House, house: Callable[[House], House]
) -> None:
    own, region = house(recent), regions.load(LIAOCHENG)
    settings = Settings(data=own.data, keys=own.folder / "keys")
    now = datetime(2026, 11, 1, tzinfo=UTC)
    spec = CitySpec(150, 0.05, 3, LAST - timedelta(days=1))
    replay_demonstration(settings, region, ledger := open_ledger(settings), spec, 6, now, silent)
    kept = {one.rule_id: one for one in backtests(ledger)}
    rules = region.rules_on(LAST)
    wanted = set(rules.loc[~rules["kind"].isin(LEADS) & rules["indicator"].isin(list(catalogue())), "rule_id"])
    assert set(kept) == wanted
    assert {rule_id: one.rule_hash for rule_id, one in kept.items()} == {
        rule_id: rule_hash(newest(region, rule_id)) for rule_id in wanted
    }
    some = ["benefit_claim_spike", "job_loss_rate_level", "insured_leave_forecast", "wage_arrears_lead_spike"]
    with duckdb.connect(str(own.data / "warehouse.duckdb"), read_only=True) as con:
        for rule_id in some:
            rows = newest(region, rule_id)
            by_people = decided(con, ledger, region, str(rows["indicator"].iloc[0]))
            alone = backtest(con, region, rows, (kept[rule_id].first_on, LAST), decided=by_people)
            assert kept[rule_id].figures == json.loads(json.dumps(alone)), rule_id
    replay_demonstration(settings, region, ledger, spec, 6, now, silent)
    assert len(backtests(ledger)) == len(wanted)  # the second time nothing is kept again
    ledger.close()


def test_rules_judged_together_are_each_told_what_they_are_told_alone(replayed: House) -> None:
    region = regions.load(LIAOCHENG)
    rows = [
        newest(region, "benefit_claim_spike"),
        newest(region, "wage_arrears_lead_spike"),  # switched off
        newest(region, "benefit_claim_spike_cell").assign(
            min_strength=2.0, is_enabled=False
        ),  # of the first one's rises
        newest(region, "job_loss_rate_level"),
    ]
    with duckdb.connect(str(replayed.data / "warehouse.duckdb"), read_only=True) as con:
        together = backtest_together(con, region, rows, SOME)
        for own in rows:
            assert together[own["rule_id"].iloc[0]] == backtest(con, region, own, SOME)
    assert together["benefit_claim_spike_cell"]["warnings"] > 0


def test_findings_warnings_and_leads_name_the_version_of_the_rule_that_judged(replayed: House) -> None:
    wanted = hashes_on(regions.load(LIAOCHENG), LAST)
    general = replayed.restricted.with_name("general.duckdb")
    for path, tables in (
        (replayed.data / "warehouse.duckdb", ("finding", "episode", "layoff_lead")),
        (replayed.restricted, ("episode", "layoff_lead")), (general, ("episode",)),
    ):  # fmt: skip
        with duckdb.connect(str(path), read_only=True) as con:
            for table in tables:
                told = con.execute(f"select distinct rule_id, rule_hash from {table}").fetchall()
                assert told
                assert [one for one in told if wanted[one[0]] != one[1]] == [], (path.name, table)


def test_a_backtest_of_a_rule_of_one_industry_has_cases_of_it_alone(replayed: House) -> None:
    region = regions.load(LIAOCHENG)
    rows = newest(region, "insured_leave_spike").assign(scope="industry;cell")
    rows = rows.assign(min_strength=rows["min_strength"] - 1.5)
    with duckdb.connect(str(replayed.data / "warehouse.duckdb"), read_only=True) as con:
        every = backtest(con, region, rows, SOME)["cases"]
        most = max((case["industry"] for case in every), key=[case["industry"] for case in every].count)
        own = backtest(con, region, rows.assign(industries=most), SOME)["cases"]
    assert {case["industry"] for case in every} > {most} == {case["industry"] for case in own}


@pytest.fixture
def region(tmp_path: Path) -> Path:
    """Liaocheng with a stricter claims rule from 2026-10-01 on, written by one person and to be approved by another."""
    folder = Path(shutil.copytree(LIAOCHENG, tmp_path / "liaocheng"))
    path, kept, fresh = folder / "rules.csv", [], []
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    for line in lines:
        cells = line.split(",")
        if cells[0] == "dismissal_spike":
            old, new = cells.copy(), cells.copy()
            old[17] = "2026-09-30"
            new[7], new[16], new[18], new[-2], new[-1] = "2.0", "2026-10-01", "false", "王编写", "赵批准"
            if cells[6] == "4":
                new[9] = "3"
            else:
                new[7] = cells[7]
            kept.append(",".join(old))
            fresh.append(",".join(new))
        else:
            kept.append(line)
    path.write_text("\n".join([header, *kept, *fresh]) + "\n", encoding="utf-8")
    return folder


def test_a_changed_rule_is_backtested_compared_and_enabled_by_two_persons(
    replayed: House, house: Callable[[House], House], region: Path, files: Path
) -> None:
    place = house(replayed)
    place.environment["GANGSHAO_REGION"] = str(region)
    rule = "dismissal_spike"
    enable = ("rules", "enable", rule, "--note", "更早发现", "--by")
    assert "还没有存下的回测" in place.gangshao(*enable, "王编写", status=2).stderr
    done = place.gangshao("rules", "backtest", rule, *SPAN, "--truth", str(files.parent / "truth.csv"))
    assert "全市每周预警" in done.stdout
    assert "比事件结束早多少天（中位数）" in done.stdout
    assert re.search(r"与已知事件有关（早于事件结束 \d+ 天）", done.stdout)
    ledger = open_ledger(Settings(data=place.data, keys=place.folder / "keys", region=region))
    (kept,) = backtests(ledger, rule)
    rows = newest(regions.load(region), rule)
    assert kept.rule_hash == rule_hash(rows)
    assert kept.figures["warnings"] > kept.figures["replaces"]["warnings"] > 0  # a lower blue line says more
    assert json.dumps(kept.figures, ensure_ascii=False).find("employer") == -1
    assert {one["touched"] for one in kept.figures["cases"] if one["lead_days"] is None} <= {False}
    assert kept.figures["judged"] == 0, "nobody decided yet"
    shown = place.gangshao("rules", "diff", rule).stdout
    shipped = newest(regions.load(LIAOCHENG), rule).set_index("level").at[4, "min_strength"]
    assert f"4 级第 1 行 min_strength：{shipped} → 2.0" in shown
    assert "只有新内容发出" in shown
    assert "不是该规则的编写人" in place.gangshao(*enable, "李四", status=2).stderr
    assert "还没有人提出" in place.gangshao(*enable, "赵批准", status=2).stderr
    place.gangshao(*enable, "王编写")
    before = (region / "rules.csv").read_text(encoding="utf-8")
    assert "同一账号" in place.gangshao(*enable, "赵批准", status=2).stderr
    assert "以各自的账号" in place.gangshao(*enable[:3], status=2).stderr
    leader = Viewer(Role.CITY_LEADER, name="zhao")
    by = trail.actor_of(leader, "10.0.0.2")
    decide_rule(
        ledger,
        PERMISSIONS,
        ActContext(leader, by, datetime.now(UTC), "同意"),
        rule,
        kept.rule_hash,
        RuleActKind.APPROVED,
        "赵批准",
    )
    place.gangshao(*enable[:3])
    after = (region / "rules.csv").read_text(encoding="utf-8")
    changed = [(one, other) for one, other in zip(before.splitlines(), after.splitlines(), strict=True) if one != other]
    assert len(changed) == 4
    assert all(one.replace(",false,", ",true,") == other for one, other in changed)
    assert [one.kind.value for one in rule_acts(ledger, rule)] == ["proposed", "approved"]
    assert "✓ 预警规则" in " ".join(place.gangshao("doctor").stderr.split())
    proposed_by = rule_acts(ledger, rule)[0].entered_by
    with ledger.writing() as connection:  # as both could be entered before
        connection.execute(update(rule_act).values(entered_by=proposed_by))
    said = "".join(place.gangshao("doctor", status=2).stderr.split())
    assert f"{rule}（{proposed_by}）的提出和批准是同一个账号登记的" in said
    ledger.close()


def test_a_rule_enabled_by_hand_is_found_by_the_doctor_and_judged_all_the_same(
    replayed: House, house: Callable[[House], House], region: Path
) -> None:
    place = house(replayed)
    path = region / "rules.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace(",false,,,,,,,,王编写,", ",true,,,,,,,,王编写,"), encoding="utf-8"
    )
    place.environment["GANGSHAO_REGION"] = str(region)
    said = "".join(place.gangshao("doctor", status=2).stderr.split())
    assert "✗预警规则：dismissal_spike已启用，但现在的内容没有回测" in said
    place.gangshao("publish")


def test_the_shipped_rules_need_nobody(replayed: House, house: Callable[[House], House]) -> None:
    assert "✓ 预警规则" in house(replayed).gangshao("doctor").stderr


def test_layoff_rates_are_written_for_those_who_decide_on_refunds(
    replayed: House, house: Callable[[House], House], tmp_path: Path
) -> None:
    refused = house(replayed).gangshao("refund", "2026", "--csv", str(tmp_path / "rates.csv"), status=2)
    assert "2024 年 12 月" in refused.stderr


NOTHING_KNOWN = "x_rule 已启用，但没有该群体、行业或企业规模的读数"


@pytest.mark.parametrize(
    ("level", "scope", "said"),
    [
        ("area", "migrant,,,", NOTHING_KNOWN),
        ("area", ",,30,", NOTHING_KNOWN),
        ("industry", ",,,T", NOTHING_KNOWN),
        ("industry", ",,,T;C", "x_rule 已启用，但现在的内容没有回测"),
        ("area", ",,,", "x_rule 已启用，但现在的内容没有回测"),
    ],
)
def test_a_rule_of_which_nothing_can_be_known_is_told_by_the_doctor(
    recent: House, house: Callable[[House], House], tmp_path: Path, level: str, scope: str, said: str
) -> None:
    place = house(recent)
    folder = Path(shutil.copytree(LIAOCHENG, tmp_path / "liaocheng"))
    head, *lines = (folder / "rules.csv").read_text(encoding="utf-8").splitlines()
    row = f"x_rule,题,level,job_loss_rate,{level},month,3,,,,4,1,,,2,[P] 依据,2016-01-01,,true,,,,,,,,,,{scope}"
    rows = [f"{head},cohort,staff_least,staff_most,industries", *(f"{line},,,," for line in lines), row]
    (folder / "rules.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    place.environment["GANGSHAO_REGION"] = str(folder)
    told = "".join(place.gangshao("doctor", status=2).stderr.split())
    assert said.replace(" ", "") in told
