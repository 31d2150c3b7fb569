"""Who may send what for whom, and which file of a slice is the first, a correction, a supplement, or too old."""

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from dashboard.locale import text
from pipelines.core.domain import Grain, Role, SaidError, Viewer
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import ActContext
from pipelines.ledger.uploads import upload as uploads
from pipelines.ledger.uploads.upload import Settled, Stage
from tests.dashboard.asked import page_asked, signed_in
from tests.dashboard.published_city import CITY, LAST_DAY, LATE
from tests.dashboard.sending import CLERK, DAY, FEED, OTHER, clerk, good, kept, newest, place, sent
from tests.dashboard.site import ADMINISTRATOR, AUDITOR, LEADER, Site
from tests.permitted import PERMISSIONS

__all__ = ["clerk", "place"]
DUTY = Viewer(Role.CITY_DUTY, name="duty")


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
        uploads.enter_upload(
            place.ledger,
            PERMISSIONS,
            ActContext(CLERK, trail.SYSTEM, datetime.now(UTC)),
            CITY,
            foreign,
            str,
            lambda _: None,
        )


def test_a_receipt_is_shown_to_those_who_see_the_area(place: Site, clerk: FlaskClient) -> None:
    sent(clerk, good())
    hash_shown = newest(place).content_hash
    others = Viewer(Role.COUNTY_CLERK, frozenset({OTHER}), "other")
    for viewer, sees in ((CLERK, True), (DUTY, True), (others, False), (AUDITOR, False)):
        assert (hash_shown in page_asked("/data/receipt/1").of(signed_in(place, viewer))[2]) is sees, viewer
    for number in ("2", "x", "99999999999", "-1"):
        assert hash_shown not in page_asked(f"/data/receipt/{number}").of(clerk)[2]


def settle(place: Site, stage: Stage) -> None:
    settled = Settled(newest(place).drop_id, stage, 3, 0, "", "")
    uploads.settle_upload(place.ledger, [settled], datetime.now(UTC))


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
