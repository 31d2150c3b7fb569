"""What the upload does with odd files, wrong choices and those who may not: a sentence each, and nothing is kept."""

import base64
import io
import os
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

import openpyxl
import pytest
from flask.testing import FlaskClient

from dashboard import upload_place
from dashboard.locale import text
from dashboard.upload import MOST_FILE, _places, _turns
from pipelines.domain import Grain, Role, SaidError, Viewer
from pipelines.feeds import contracts
from pipelines.feeds.contract import Slice
from pipelines.ingest.drop import drop_of
from pipelines.ledger import audit
from pipelines.ledger import upload as uploads
from pipelines.ledger.audit import Act
from pipelines.ledger.upload import Settled, Stage, Upload
from pipelines.publish import read as door
from pipelines.region import load
from tests.dashboard.asked import ORIGIN, page_asked, signed_in
from tests.dashboard.published_city import CITY, LAST_DAY, LATE, REGION, City
from tests.dashboard.site import ADMINISTRATOR, AUDITOR, LEADER, Site, served
from tests.pipeline.ingest_place import CLAIM_HEADER, claim, claims, csv, person

FEED, OTHER = "benefit_claim", "371503"
DAY = (LAST_DAY - timedelta(days=1)).isoformat()
CLERK = Viewer(Role.COUNTY_CLERK, frozenset({LATE}), "clerk")
DUTY = Viewer(Role.CITY_DUTY, name="duty")
MALFORMED = "37152219850215"


@pytest.fixture
def place(city: City, tmp_path: Path) -> Iterator[Site]:
    """The small city with a ledger and an inbox of its own."""
    shutil.copytree(city.published, tmp_path / "published")
    with served(tmp_path) as running:
        yield running
    door.close()


@pytest.fixture
def clerk(place: Site) -> FlaskClient:
    return signed_in(place, CLERK)


def sent(client: FlaskClient, file: bytes, **changes: str) -> tuple[int, dict[str, object]]:
    values = {
        "feed": FEED, "area": LATE, "period": DAY, "kind": "first", "name": "claims.csv",
        "content": base64.b64encode(file).decode(), **changes,
    }  # fmt: skip
    answer = client.post("/data/upload", json=values, headers=ORIGIN)
    return answer.status_code, answer.get_json()


def answer_to(told: dict[str, object]) -> dict[str, str]:
    """The field that the button of an answer sends."""
    again = told["again"]
    assert isinstance(again, dict), told
    return {again["field"]: again["value"]}


def good(*numbers: int) -> bytes:
    return claims(numbers or (1, 2, 3), area=LATE, filed=DAY)


def kept(place: Site) -> list[str]:
    return sorted(path.name for path in place.settings.inbox.rglob("*") if path.is_file())


def newest(place: Site) -> Upload:
    with place.ledger.reading() as connection:
        found = uploads.newest(connection, FEED, LATE, datetime.fromisoformat(DAY).date())
    assert found is not None
    return found


def settle(place: Site, stage: Stage) -> None:
    settled = Settled(newest(place).drop_id, stage, 3, 0, "", "")
    uploads.settle(place.ledger, [settled], datetime.now(UTC))


def bomb() -> bytes:
    """A workbook whose sheet unpacks to far more than its size."""
    book = openpyxl.Workbook()
    book.active.append(["x"])
    small = io.BytesIO()
    book.save(small)
    sink = io.BytesIO()
    with zipfile.ZipFile(small) as source, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in source.namelist():
            packed.writestr(name, source.read(name) if "sheet1" not in name else b" " * (1 << 30))
    return sink.getvalue()


def archive() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as packed:
        packed.writestr(f"{FEED}_{LATE}_{DAY.replace('-', '')}.csv", good())
    return sink.getvalue()


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 422, "空"),
        (b"\x00" * 5000, 422, "空字节"),
        (b"PK\x03\x04" + b"\xff" * 300, 400, "压缩包"),
        (bytes(range(256)) * 40, 422, ""),
        (archive(), 400, "压缩包"),
        (b"<html><table><tr><td>1</td></tr></table>", 422, "网页"),
        (csv("甲,乙", "1,2"), 422, "缺少列"),
        (csv("报送单位：茌平区", *good().decode("utf-8-sig").split("\r\n")[:-1]), 422, "您的选择"),
        (csv("补报：是", *good().decode("utf-8-sig").split("\r\n")[:-1]), 400, "补报"),
    ],
    ids=["empty", "zeros", "half a workbook", "noise", "archive", "web page", "other table", "other sender",
         "says supplement"],
)  # fmt: skip
def test_an_odd_file_is_answered_with_a_sentence_and_not_kept(
    place: Site, clerk: FlaskClient, content: bytes, status: int, words: str
) -> None:
    told = sent(clerk, content)
    assert told[0] == status, told
    assert words in str(told[1]["say"])
    assert len(str(told[1]["say"])) > 10
    assert not kept(place)


def test_a_workbook_that_unpacks_without_end_is_stopped(place: Site, clerk: FlaskClient) -> None:
    status, told = sent(clerk, bomb(), name="table.xlsx")
    assert status in {400, 422}, told
    assert not kept(place)


def test_a_workbook_named_csv_and_a_chinese_encoding_are_read_all_the_same(place: Site, clerk: FlaskClient) -> None:
    book = openpyxl.Workbook()
    for line in good().decode("utf-8-sig").split("\r\n")[:-1]:
        book.active.append(line.split(","))
    sink = io.BytesIO()
    book.save(sink)
    assert sent(clerk, sink.getvalue(), name="claims.csv") == (200, {"to": "/data/receipt/1"})
    gbk = claims((5, 6), area=LATE, filed=DAY, encoding="gb18030")
    assert sent(clerk, gbk, kind="correction") == (200, {"to": "/data/receipt/2"})
    stem = f"{FEED}_{LATE}_{DAY.replace('-', '')}"
    assert kept(place) == [f"{stem} (1).csv", f"{stem}_v2 (2).csv"]


def test_a_file_that_is_too_large_is_refused_before_it_is_looked_at(place: Site, clerk: FlaskClient) -> None:
    status, told = sent(clerk, b"x" * (MOST_FILE + 1))
    assert (status, "8 MiB" in str(told["say"])) == (400, True)
    answer = clerk.post("/data/upload", data=b"x" * (60 << 20), content_type="application/json", headers=ORIGIN)
    assert answer.status_code == 413
    assert "8 MiB" in str(answer.get_json()["say"])
    assert not kept(place)


def test_a_body_beyond_any_upload_is_cut_off_unread(place: Site) -> None:
    there = HTTPConnection(place.url.removeprefix("http://"), timeout=10)
    there.putrequest("POST", "/data/upload")
    there.putheader("Content-Length", str(14 << 20))
    there.endheaders()
    there.send(b"x" * 100)
    assert there.getresponse().status == 413
    there.close()


@pytest.mark.parametrize("path", ["/account/password", "/warning/x/step"])
def test_only_this_route_takes_more_than_pages_send(clerk: FlaskClient, path: str) -> None:
    values = {"old": "x" * (2 << 20)}
    assert clerk.post(path, json=values, headers=ORIGIN).status_code in {400, 404, 413}
    assert clerk.post(path, json=values, headers=ORIGIN).status_code != 200


def test_a_formula_comes_back_as_text_and_wrong_rows_are_left_behind_only_when_asked(
    place: Site, clerk: FlaskClient
) -> None:
    lines = [claim(1, LATE, DAY), claim(2, LATE, DAY, name="=HYPERLINK(1)"), claim(3, LATE, DAY, person=MALFORMED)]
    content = csv("申领流水号,身份证号,姓名,统一社会信用代码,参保地区,行业代码,失业原因,失业日期,受理日期", *lines)
    status, told = sent(clerk, content)
    assert status == 422
    assert MALFORMED not in str(told["say"]) + str(told["problems"])
    sheets = {one["name"]: base64.b64decode(one["content"]) for one in told["sheets"]}  # type: ignore[attr-defined]
    rows = next(made for name, made in sheets.items() if name.endswith(".csv")).decode("utf-8-sig")
    assert ",'=HYPERLINK(1)," in rows
    assert MALFORMED in rows
    assert told["again"] == {
        "field": "leave_wrong",
        "title": text("Send it all the same: {good} rows count, {wrong} are sent back", good=2, wrong=1),
        "value": answer_to(told)["leave_wrong"],
    }
    assert not kept(place)
    other = csv(*content.decode("utf-8-sig").split("\r\n")[:-1], claim(4, LATE, DAY, person=MALFORMED))
    for file, answer in ((content, "yes"), (other, answer_to(told)["leave_wrong"])):
        assert sent(clerk, file, leave_wrong=answer)[0] == 422, "who agreed to other rows is asked again"
    assert sent(clerk, content, **answer_to(told)) == (200, {"to": "/data/receipt/1"})
    assert (newest(place).rows_total, newest(place).rows_wrong) == (3, 1)
    stored = "".join(f"{entry}" for entry in audit.entries(place.ledger)) + str(newest(place))
    assert MALFORMED not in stored
    assert person(1) not in stored


def test_a_file_without_rows_is_sent_only_when_there_is_nothing_to_report(place: Site, clerk: FlaskClient) -> None:
    template = clerk.get(f"/data/template/table.csv?feed={FEED}&area={LATE}&period={DAY}&kind=first")
    assert template.status_code == 200
    status, told = sent(clerk, template.data)
    assert (status, told["again"]["field"]) == (422, "nothing")  # type: ignore[index]
    assert not kept(place)
    assert sent(clerk, template.data, nothing="yes")[0] == 422
    assert sent(clerk, template.data, **answer_to(told))[0] == 200


def test_a_file_of_wrong_rows_only_never_stands_for_nothing_to_report(place: Site, clerk: FlaskClient) -> None:
    content = csv(CLAIM_HEADER, claim(1, LATE, DAY, person=MALFORMED))
    status, told = sent(clerk, content)
    assert (status, told["again"]) == (422, None), told
    for field in ("leave_wrong", "nothing", "as_noted"):
        assert sent(clerk, content, **{field: "yes"})[0] == 422
    assert not kept(place)


def test_what_is_to_be_told_of_a_right_file_is_told_before_it_is_sent(place: Site, clerk: FlaskClient) -> None:
    header, *rows = good().decode("utf-8-sig").split("\r\n")[:-1]
    content = csv(f"{header},备忘", *(f"{row},x" for row in rows))
    status, told = sent(clerk, content)
    assert (status, "备忘" in str(told["problems"])) == (422, True)
    assert not kept(place)
    assert sent(clerk, content, **answer_to(told))[0] == 200
    assert newest(place).rows_total == 3


def test_the_same_file_is_told_and_a_first_file_is_not_sent_twice(place: Site, clerk: FlaskClient) -> None:
    assert sent(clerk, good())[0] == 200
    status, told = sent(clerk, good())
    assert (status, "回执第 1 号" in str(told["say"])) == (400, True)
    assert sent(clerk, good(), kind="correction")[0] == 400, "the same content corrects nothing"
    assert text("A file of this area and period has come already: choose correction or supplement.") in str(
        sent(clerk, good(4, 5))[1]["say"]
    )
    assert sent(clerk, good(4, 5), kind="correction")[0] == 200
    assert newest(place).version == 2
    assert sent(clerk, good(), kind="correction")[0] == 200, "an old content may be sent again as a newer version"
    assert newest(place).version == 3
    assert sent(clerk, good(7), kind="supplement")[0] == 200
    assert (newest(place).is_supplement, newest(place).version) == (True, 3)
    assert len(kept(place)) == 4


@pytest.mark.parametrize("stage", [Stage.REFUSED, Stage.WITHDRAWN])
def test_a_file_that_was_refused_may_be_sent_again(place: Site, clerk: FlaskClient, stage: Stage) -> None:
    assert sent(clerk, good())[0] == 200
    settle(place, stage)
    stated = ("报送版本：1\r\n" + good(9).decode("utf-8-sig")).encode()
    assert "2" in str(sent(clerk, stated)[1]["say"]), "the version that was refused counts no more"
    assert sent(clerk, good())[0] == 200
    assert newest(place).version == 2
    with place.ledger.reading() as connection:
        one, other = uploads.of_slice(connection, FEED, LATE, datetime.fromisoformat(DAY).date())
    assert one.drop_id != other.drop_id, "the ingest passes over a drop that it knows"


def test_a_supplement_that_was_withdrawn_may_be_sent_again(place: Site, clerk: FlaskClient) -> None:
    assert sent(clerk, good())[0] == 200
    assert sent(clerk, good(8), kind="supplement")[0] == 200
    settle(place, Stage.WITHDRAWN)
    assert sent(clerk, good(8), kind="supplement")[0] == 200
    assert (newest(place).is_supplement, newest(place).version) == (True, 2)


def test_a_version_in_the_file_must_not_be_older_than_what_has_come(place: Site, clerk: FlaskClient) -> None:
    assert sent(clerk, good())[0] == 200
    assert sent(clerk, good(4), kind="correction")[0] == 200
    stated = good(5).decode("utf-8-sig")
    for version in (1, 2):
        status, told = sent(clerk, (f"报送版本：{version}\r\n" + stated).encode(), kind="correction")
        assert (status, "3" in str(told["say"])) == (400, True), version
    status, told = sent(clerk, ("报送版本：9999\r\n" + stated).encode(), kind="correction")
    assert (status, "9998" in str(told["say"])) == (400, True)
    assert sent(clerk, ("报送版本：7\r\n" + stated).encode(), kind="correction")[0] == 200
    assert newest(place).version == 7
    assert newest(place).file_name == f"{FEED}_{LATE}_{DAY.replace('-', '')}_v7 (3).csv"


@pytest.mark.parametrize(
    "changes",
    [
        {"feed": "vacancy", "area": CITY},
        {"feed": "made_up"},
        {"feed": "../../raw"},
        {"area": OTHER},
        {"area": CITY},
        {"area": f"{LATE}' or '1'='1"},
        {"period": "2099-01-01"},
        {"period": "2026-13-01"},
        {"period": "2026-11"},
        {"period": "明天"},
        {"kind": "made-up"},
        {"content": "###"},
    ],
    ids=str,
)
def test_a_wrong_choice_is_answered_with_a_sentence(place: Site, clerk: FlaskClient, changes: dict[str, str]) -> None:
    status, told = sent(clerk, good(), **changes)
    assert status == 400, told
    assert len(str(told["say"])) > 4
    assert not kept(place)


def test_nobody_sends_for_others(place: Site) -> None:
    assert sent(place.app.server.test_client(), good())[0] == 401
    for viewer in (LEADER, AUDITOR, ADMINISTRATOR):
        assert sent(signed_in(place, viewer), good())[0] == 403
    head = signed_in(place, Viewer(Role.COUNTY_HEAD, frozenset({OTHER}), "head"))
    assert sent(head, good())[0] == 400
    assert not kept(place)
    assert sent(signed_in(place, DUTY), good())[0] == 200, "the city's desk sends what a county handed over"
    foreign = uploads.Sending(FEED, OTHER, LAST_DAY, Grain.DAY, 1, False, "x", "y", 1, 1, 0)
    with pytest.raises(SaidError, match="您不能为这个区域报送"):
        uploads.enter(place.ledger, CLERK, audit.SYSTEM, CITY, foreign, str, lambda _: None, datetime.now(UTC))


def test_a_receipt_is_shown_to_those_who_see_the_area(place: Site, clerk: FlaskClient) -> None:
    sent(clerk, good())
    hash_shown = newest(place).content_hash
    others = Viewer(Role.COUNTY_CLERK, frozenset({OTHER}), "other")
    for viewer, sees in ((CLERK, True), (DUTY, True), (others, False), (AUDITOR, False)):
        assert (hash_shown in page_asked("/data/receipt/1").of(signed_in(place, viewer))[2]) is sees, viewer
    for number in ("2", "x", "99999999999", "-1"):
        assert hash_shown not in page_asked(f"/data/receipt/{number}").of(clerk)[2]


def test_what_cannot_be_written_is_said_and_not_entered(
    place: Site, clerk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.settings.inbox.mkdir(parents=True)
    (place.settings.inbox / FEED).write_text("no folder")
    assert sent(clerk, good())[0] == 400
    (place.settings.inbox / FEED).unlink()

    def fail(self: upload_place.Aside, name: str) -> None:
        raise OSError(f"no room for {name}")

    monkeypatch.setattr(upload_place.Aside, "take_place", fail)
    assert sent(clerk, good())[0] == 400
    monkeypatch.undo()
    assert not kept(place), "nor is what was written aside left behind"
    assert sent(clerk, good()) == (200, {"to": "/data/receipt/1"})


def test_what_lies_in_the_inbox_is_never_overwritten(place: Site, clerk: FlaskClient) -> None:
    folder = place.settings.inbox / FEED
    folder.mkdir(parents=True)
    taken = folder / f"{FEED}_{LATE}_{DAY.replace('-', '')} (1).csv"
    taken.write_text("another's")
    assert sent(clerk, good())[0] == 400
    assert (kept(place), taken.read_text()) == ([taken.name], "another's")


def test_what_was_left_aside_an_hour_ago_is_removed(place: Site, clerk: FlaskClient) -> None:
    folder = place.settings.inbox / FEED
    folder.mkdir(parents=True)
    for name, hours in ((".old.part", 2), (".new.part", 0)):
        (folder / name).write_text("half")
        then = datetime.now(UTC).timestamp() - 3600 * hours
        os.utime(folder / name, (then, then))
    assert sent(clerk, good())[0] == 200
    assert kept(place)[0] == ".new.part"
    assert ".old.part" not in kept(place)


def test_while_many_are_checked_the_next_is_told_to_come_again(
    clerk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.upload._PATIENCE", 0.05)
    assert _turns.acquire(blocking=False)
    assert _turns.acquire(blocking=False)
    try:
        assert text("Many files are being checked just now. Nothing was kept; try again in a minute.") in str(
            sent(clerk, good())[1]["say"]
        )
    finally:
        _turns.release()
        _turns.release()
    assert sent(clerk, good())[0] == 200


def test_only_a_few_wait_for_a_check(clerk: FlaskClient) -> None:
    held = 0
    while _places.acquire(blocking=False):
        held += 1
    try:
        assert held == 4
        assert "一分钟" in str(sent(clerk, good())[1]["say"])
    finally:
        for _ in range(held):
            _places.release()


@pytest.mark.parametrize("feed", sorted(contracts()))
@pytest.mark.parametrize(("version", "is_supplement"), [(1, False), (12, True)])
def test_the_name_in_the_inbox_says_what_was_chosen(feed: str, version: int, is_supplement: bool) -> None:
    region, contract = load(REGION), contracts()[feed]
    cadence = str(region.feeds.loc[region.feeds["feed"] == feed, "cadence"].iloc[0])
    grain = contract.grain or (Grain(cadence) if cadence in set(Grain) else Grain.DAY)
    meant = Slice(LATE, region.period_start(grain, LAST_DAY), grain, version, is_supplement)
    name = upload_place.name_of(feed, meant, "../虚构人 372522197001100007.XLSX", 31)
    content = csv(",".join(column.header for column in contract.columns))
    by_name = drop_of(content, name, contract, region)
    by_choice = drop_of(content, "虚构人.xlsx", contract, region, meant=meant)
    assert by_name.named == meant
    assert by_name.drop_id == by_choice.drop_id
    assert "372522197001100007" not in name


def test_every_refused_file_is_entered(place: Site, clerk: FlaskClient) -> None:
    sent(clerk, csv("甲,乙", "1,2"))
    [entry] = audit.entries(place.ledger, act=Act.UPLOAD)
    assert (entry.result, entry.target) == ("refused", f"{FEED} {LATE} {DAY}")


@pytest.mark.parametrize(
    "changes", [{"area": OTHER}, {"content": "###"}, {"content": base64.b64encode(archive()).decode()},
                {"content": "x" * (13 << 20)}], ids=["another's area", "no file", "archive", "too large"],
)  # fmt: skip
def test_every_refusal_is_entered(place: Site, clerk: FlaskClient, changes: dict[str, str]) -> None:
    assert sent(clerk, good(), **changes)[0] in {400, 413}
    [entry] = audit.entries(place.ledger, act=Act.REFUSAL)
    assert (entry.target, "act_refused" in entry.details) == ("/data/upload", True)
