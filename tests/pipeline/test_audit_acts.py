"""Every act of the closed list that can be done today, done for real, stands in the audit trail; `verify` guards it."""

import email
import email.policy
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard.web.app import create_app
from pipelines.core.domain import Grain, Level, Role, State, Viewer
from pipelines.core.region.load import load
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, ActContext, Actor, Entry
from pipelines.ledger.uploads import upload
from pipelines.ledger.uploads.upload import Sending
from pipelines.ledger.workflow import acknowledgement, measure, steps
from pipelines.ledger.workflow.measure import Assignment
from pipelines.ledger.workflow.steps import Ground, Subject
from tests.faults.watcher import PAGE, TODAY
from tests.house import NEW_PASSWORD, House
from tests.permitted import PERMISSIONS
from tests.pipeline import small_house
from tests.pipeline.ingest_place import claims

NAME = "benefit_claim_371521_20261023_v9"
ORIGIN = {"Origin": "http://localhost"}
pytestmark = pytest.mark.xdist_group("small")


def by_commands(place: House, region: Path) -> None:
    """What an administrator does in a bad week."""
    place.environment["GANGSHAO_AUDITOR_MAIL"] = "auditor@example.com"
    small_house.put(place, "benefit_claim", f"{NAME}.csv", claims([]), 25)
    place.gangshao("ingest")
    place.gangshao("ingest", status=3)
    listed = place.gangshao("drops", "--state", "held").stdout
    number = next(line.split()[0] for line in listed.splitlines() if NAME in line)
    place.gangshao("confirm", number, "--reason", "核实过")
    place.gangshao("run", "--cutoff", "now")
    with (region / "rules.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    place.environment["GANGSHAO_SMTP_PASSWORD"] = "s3cret-of-the-mail"
    place.gangshao("run", "--rebuild")
    place.gangshao("replay")
    place.gangshao("restate", "benefit_claim", "--from", "2026-10-22")
    place.gangshao("purge")
    place.gangshao("publish")
    place.gangshao("backup")
    place.gangshao("trace", "benefit_claim", "2026-10-22", "--grain", "day", "--csv", str(place.folder / "lines.csv"))


def by_pages(place: House) -> None:
    """What viewers do with the pages and downloads."""
    path = place.account("city_leader")
    path = path[path.index("/sign-in/") :]
    settings = Settings(data=place.data, keys=place.folder / "keys")
    ledger = open_ledger(settings)
    client = create_app(settings, ledger).server.test_client()
    assert client.post("/_dash-update-component", json={}, headers=ORIGIN).status_code == 401
    assert client.post(path, json=NEW_PASSWORD, headers=ORIGIN).get_json() == {"to": "/"}
    shown = client.post("/_dash-update-component", json=PAGE, headers=ORIGIN)
    assert (shown.status_code, TODAY) == (200, "/")
    assert client.get("/download/warnings.csv").status_code == 200
    assert client.post("/sign-out", json={}, headers=ORIGIN).get_json() == {"to": "/sign-in"}
    by_the_duty_desk(place, ledger)
    ledger.close()


def by_the_duty_desk(place: House, ledger: Ledger) -> None:
    """A warning taken on, brought on by delegation, with a measure."""
    region, now = load(place.region), datetime.now(UTC)
    duty, desk = Viewer(Role.CITY_DUTY, name="duty"), Actor("city_duty:duty", "127.0.0.1")
    one = Subject("w1", small_house.LAST, "371521", Level.ORANGE)
    steps.apply_transition(
        ledger,
        region.transition,
        ActContext(duty, desk, now, "属实"),
        one,
        State.CONFIRMED,
        Ground(document="聊人社批〔2026〕8 号"),
    )
    acknowledgement.acknowledge(ledger, PERMISSIONS, ActContext(duty, desk, now), one, "liaocheng", "值班岗", 7)
    measure.assign_measure(
        ledger,
        PERMISSIONS,
        ActContext(duty, desk, now),
        one,
        Assignment("consult", "就业科", "", now.date()),
        now.date(),
    )
    sending = Sending("vacancy", "371521", now.date(), Grain.DAY, 1, False, "drop", "hash", 9, 2, 0)
    upload.enter_upload(
        ledger, PERMISSIONS, ActContext(duty, desk, now), region.city, sending, "vacancy ({})".format, lambda _: None
    )


@pytest.fixture(scope="module")
def week(small: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house in which everything that can be done was done."""
    folder = tmp_path_factory.mktemp("week")
    place = small.copy(folder / "house")
    region = folder / "liaocheng"
    shutil.copytree(place.region, region)
    place.environment["GANGSHAO_REGION"] = str(region)
    by_commands(place, region)
    by_pages(place)
    return place


def entries(place: House) -> list[Entry]:
    ledger = open_ledger(Settings(data=place.data))
    found = list(reversed(trail.entries(ledger)))
    ledger.close()
    return found


def results(place: House, act: Act) -> list[str]:
    return [entry.result for entry in entries(place) if entry.act == act]


@pytest.mark.requirement("M3")
def test_every_act_there_is_today_is_entered(week: House) -> None:
    assert {Act(entry.act) for entry in entries(week)} == set(Act) - {Act.RESTORE, Act.WITHDRAW}, (
        "a restore is entered in the ledger put back, a withdrawal in test_wrong_clock.py"
    )


def test_long_acts_are_entered_before_and_after_and_short_ones_once(week: House) -> None:
    for act in (Act.REBUILD, Act.PURGE, Act.REPLAY, Act.RESTATE, Act.BACKUP, Act.DRILL):
        assert results(week, act) == ["begun", "done"], act
    published = [(entry.target, entry.result) for entry in entries(week) if entry.act == Act.PUBLISH]
    assert published[-3:] == [("edition in force", "begun"), (published[-2][0], "done"), ("edition in force", "done")]
    assert all(target.startswith("edition 2026-") for target, _ in published[:-3])
    assert len(results(week, Act.DECISION)) == len(results(week, Act.SIGN_IN)) == len(results(week, Act.SIGN_OUT)) == 1
    runs = [entry.target for entry in entries(week) if entry.act == Act.RUN]
    assert len(runs) == len(set(runs)), "a rebuild repeats editions, it makes none"


def test_an_ingest_that_found_nothing_is_not_entered(week: House) -> None:
    (last,) = [entry for entry in entries(week) if entry.act == Act.INGEST][1:]
    assert json.loads(last.details) == {"accepted": 0, "held": 1, "refused": 0, "duplicates": 0, "resumed": 0}


def test_each_mail_is_entered_with_its_notice_and_without_its_address(week: House) -> None:
    with sqlite3.connect(week.data / "ledger.sqlite") as ledger:
        sent = {
            f"notice {number}" for (number,) in ledger.execute("select notice_id from notice where state = 'accepted'")
        }
    told = [entry for entry in entries(week) if entry.act == Act.SEND]
    assert sent
    assert {entry.target for entry in told if entry.result == "done"} == sent
    assert not any("@" in entry.details for entry in told)


def test_the_decision_names_the_user_the_machine_and_from_when_it_counts(week: House) -> None:
    (entry,) = [entry for entry in entries(week) if entry.act == Act.DECISION]
    assert re.fullmatch(r"command_line:\S+", entry.who)
    assert entry.source
    assert json.loads(entry.details)["decision"] == "confirm"


def test_changed_reference_tables_and_settings_are_entered_once_without_secrets(week: House) -> None:
    first, second = [json.loads(entry.details)["changed"] for entry in entries(week) if entry.act == Act.RULE_CHANGE][
        -2:
    ]
    assert "places.csv" in first
    assert second == ["rules.csv"]
    assert json.loads([entry for entry in entries(week) if entry.act == Act.SETTING_CHANGE][-1].details)["changed"] == [
        "smtp_password"
    ]
    assert "s3cret" not in " ".join(entry.details for entry in entries(week))


@pytest.mark.requirement("16.2.5")
def test_no_entry_holds_anybodys_identity_number_or_a_links_secret(week: House) -> None:
    text = " ".join(f"{entry.target} {entry.details}" for entry in entries(week))
    assert not re.search(r"\d{17}[\dX]", text)
    assert "/sign-in/" not in text


def test_verify_agrees_then_names_what_was_cut_and_exits_with_1(week: House, house: Callable[[House], House]) -> None:
    place = house(week)
    said = place.gangshao("audit", "verify").stdout
    count = len(entries(place))
    assert re.search(rf"^{count} 条审计记录完整，与 \d+ 个锚点相符；末条 {count}:[0-9a-f]{{64}}$", said.strip())
    assert "与 0 个锚点" not in said
    noted = said.strip().rpartition(" ")[2]
    place.gangshao("audit", "verify", "--anchor", noted)
    with sqlite3.connect(place.data / "ledger.sqlite") as attack:
        attack.execute("drop trigger audit_is_not_deleted")
        attack.execute("delete from audit where seq = ?", [count])
    place.gangshao("audit", "verify")
    cut = place.gangshao("audit", "verify", "--anchor", noted, status=1).stdout
    assert cut.startswith(f"所给的锚点记到第 {count} 条，审计记录却只到第 {count - 1} 条：尾部被截去")
    with sqlite3.connect(place.data / "ledger.sqlite") as attack:
        attack.execute("delete from audit where seq > 3")
    assert "尾部被截去" in place.gangshao("audit", "verify", status=1).stdout
    lines = (place.data / "audit" / "anchors.jsonl").read_text().splitlines(keepends=True)
    (place.data / "audit" / "anchors.jsonl").write_text("".join(lines[:-1]))
    assert "锚点文件" in place.gangshao("audit", "verify", status=1).stdout


def test_the_auditor_gets_the_anchor_of_an_edition_once_and_verify_accepts_it(week: House) -> None:
    mails = sorted((week.data / "outbox").glob("*_auditor_*.eml"))
    assert len(mails) == 1, "publishing again and a rebuild send nothing more"
    message = email.message_from_bytes(mails[0].read_bytes(), policy=email.policy.default)
    assert message["To"] == "auditor@example.com"
    body = message.get_content()
    noted = re.search(r"--anchor (\d+:[0-9a-f]{64})", body)
    assert noted is not None
    week.gangshao("audit", "verify", "--anchor", noted[1])
    week.gangshao("audit", "verify", "--anchor", noted[1][:-1] + ("0" if noted[1][-1] != "0" else "1"), status=1)
    assert not re.search(r"\d+ ?人", body)


def test_publishing_keeps_the_same_anchor_in_the_file_and_the_manifest(week: House) -> None:
    last = json.loads((week.data / "audit" / "anchors.jsonl").read_text().splitlines()[-1])
    manifest = json.loads((week.restricted.parent / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["audit_anchor"] == last
    assert next(entry.own_hash for entry in entries(week) if entry.seq == last["seq"]) == last["own_hash"]


@pytest.mark.requirement("16.2.4")
def test_the_list_filters_and_writes_a_csv_and_says_so_in_the_trail(
    week: House, house: Callable[[House], House]
) -> None:
    place = house(week)
    listed = place.gangshao("audit", "list", "--act", "purge").stdout.splitlines()
    assert len(listed) == 2
    assert all("  purge  raw  " in line for line in listed)
    assert not place.gangshao("audit", "list", "--since", "2099-01-01").stdout
    file = place.folder / "trail.csv"
    place.gangshao("audit", "list", "--who", "city_leader", "--csv", str(file))
    lines = file.read_bytes()
    assert lines.startswith(b"\xef\xbb\xbfseq,at,who,")
    assert lines.decode().count("city_leader:li.si") >= 4
    assert entries(place)[-1].act == Act.EXPORT
    assert "没有“theft”这种行为" in place.gangshao("audit", "list", "--act", "theft", status=2).stderr
    assert "写法有误" in place.gangshao("audit", "verify", "--anchor", "7", status=2).stderr
