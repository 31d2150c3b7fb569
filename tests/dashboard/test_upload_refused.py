"""What the upload does with odd and wrong files: a sentence each, an entry in the trail, and nothing is kept."""

import base64
import io
import zipfile
from http.client import HTTPConnection

import openpyxl
import pytest
from flask.testing import FlaskClient

from dashboard.locale import text
from dashboard.upload.submission import MOST_FILE
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act
from tests.dashboard.asked import ORIGIN
from tests.dashboard.published_city import LATE
from tests.dashboard.sending import DAY, FEED, OTHER, answer_to, clerk, good, kept, newest, place, sent
from tests.dashboard.site import Site
from tests.pipeline.ingest_place import CLAIM_HEADER, claim, claims, csv, person

__all__ = ["clerk", "place"]
MALFORMED = "37152219850215"


def bomb() -> bytes:
    """A workbook whose sheet unpacks to far more than its size."""
    book = openpyxl.Workbook()
    book.active.append(["x"])
    small = io.BytesIO()
    book.save(small)
    sink = io.BytesIO()
    with zipfile.ZipFile(small) as source, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
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


def test_a_workbook_that_unpacks_without_end_is_stopped(
    place: Site, clerk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the check is confined in its process
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


@pytest.mark.requirement("5.2.1")
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
    stored = "".join(f"{entry}" for entry in trail.entries(place.ledger)) + str(newest(place))
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


def test_every_refused_file_is_entered(place: Site, clerk: FlaskClient) -> None:
    sent(clerk, csv("甲,乙", "1,2"))
    [entry] = trail.entries(place.ledger, act=Act.UPLOAD)
    assert (entry.result, entry.target) == ("refused", f"{FEED} {LATE} {DAY}")


@pytest.mark.parametrize(
    "changes", [{"area": OTHER}, {"content": "###"}, {"content": base64.b64encode(archive()).decode()},
                {"content": "x" * (13 << 20)}], ids=["another's area", "no file", "archive", "too large"],
)  # fmt: skip
def test_every_refusal_is_entered(place: Site, clerk: FlaskClient, changes: dict[str, str]) -> None:
    assert sent(clerk, good(), **changes)[0] in {400, 413}
    [entry] = trail.entries(place.ledger, act=Act.REFUSAL)
    assert (entry.target, "act_refused" in entry.details) == ("/data/upload", True)
