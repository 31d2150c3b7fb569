"""What an ingest looks at does not grow with what was taken in before, and a doubt makes it look at everything."""

from pathlib import Path

import pytest

from pipelines.core.region.load import Region
from pipelines.ingest import acceptance, inbox
from pipelines.ingest import encryption_keys as keys
from pipelines.ingest.raw_store import RawStore
from pipelines.warehouse import store
from tests.pipeline.ingest_place import CLAIM_HEADER, Place, claim, claims, csv

AREAS = ("371521", "371522", "371523")


def send(place: Place, area: str, day: int, numbers: range = range(1, 4)) -> None:
    name = f"benefit_claim_{area}_202003{day:02d}.csv"
    place.drop("benefit_claim", f"2020-03-{day + 1:02d}", name, claims(numbers, area=area, filed=f"2020-03-{day:02d}"))


@pytest.fixture
def place(region: Region, keys: Path, tmp_path: Path) -> Place:
    """Three files are in."""
    place = Place.at(tmp_path, region, keys)
    for area in AREAS:
        send(place, area, 5)
    place.ingest()
    return place


def raw(place: Place) -> RawStore:
    return RawStore(place.settings.raw, keys.load_keys(place.settings))


def marked(place: Place) -> list[tuple[object, ...]]:
    return place.rows("select size, digest from register_mark")


def as_read_whole(place: Place) -> dict[str, str]:
    """Table hashes of a warehouse built from raw."""
    place.settings.warehouse.unlink()
    place.ingest()
    return place.hashes()


def test_the_next_ingest_reads_the_list_from_where_the_last_one_left_it(place: Place) -> None:
    before = raw(place).mark()
    assert before is not None
    assert marked(place) == [(before.size, before.digest)]
    assert len(list(raw(place).entries())) == 3
    assert not list(raw(place).entries(before))
    send(place, AREAS[0], 6)
    place.ingest()
    (entry,) = raw(place).entries(before)
    assert entry.file_name == "benefit_claim_371521_20200306.csv"
    after = raw(place).mark()
    assert after is not None
    assert marked(place) == [(after.size, after.digest)]


@pytest.mark.parametrize("lines", [slice(1, None), slice(None, None, -1), slice(0, 2)])
def test_another_list_than_the_one_marked_is_read_whole(place: Place, lines: slice) -> None:
    mark, path = raw(place).mark(), place.settings.raw / "register.jsonl"
    path.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[lines]), "utf-8")
    assert list(raw(place).entries(mark)) == list(raw(place).entries())


def test_an_arrival_that_a_restored_list_knows_earlier_counts(place: Place) -> None:
    path = place.settings.raw / "register.jsonl"
    old = path.read_text("utf-8")
    path.write_text(old.splitlines(keepends=True)[0].replace("2020-03-05T16", "2020-03-05T12") + old, "utf-8")
    place.ingest()
    hashes = place.hashes()
    assert place.rows("select count(*) from drop_register where received_at = timestamp '2020-03-05 12:00'") == [(1,)]
    assert hashes == as_read_whole(place)


def test_arrivals_of_a_feed_unknown_then_are_taken_up_once_it_is_known(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = place.hashes()
    known = dict(inbox.contracts())
    del known["benefit_claim"]
    place.settings.warehouse.unlink()
    with monkeypatch.context() as patch:
        patch.setattr(inbox, "contracts", lambda: known)
        assert not place.ingest().resumed
    assert place.ingest().resumed == 3
    assert place.hashes() == hashes


def test_a_rebuild_marks_the_list_anew(place: Place) -> None:
    before = marked(place)
    with store.connect(place.settings) as warehouse:
        inbox.rebuild(place.settings, place.region, warehouse)
    assert marked(place) == before


def test_files_are_judged_with_those_of_their_slice_only(place: Place) -> None:
    send_again = csv(CLAIM_HEADER, claim(1, AREAS[0]))
    place.drop("benefit_claim", "2020-03-07", f"benefit_claim_{AREAS[0]}_20200305_v2.csv", send_again)
    assert place.ingest().held == 1
    wrong = "update drop_register set status = 'accepted' where status = 'held'"
    with store.connect(place.settings) as warehouse:
        warehouse.connection.execute(wrong)
    send(place, AREAS[1], 6)
    place.ingest()
    assert place.rows("select count(*) from drop_register where status = 'held'") == [(0,)], "not looked at"
    place.drop(
        "benefit_claim", "2020-03-08", f"benefit_claim_{AREAS[0]}_20200305_v3.csv", claims([1, 2, 3, 4], area=AREAS[0])
    )
    place.ingest()
    assert place.rows("select version from drop_register where status = 'held'") == [(2,)]
    hashes = place.hashes()
    assert hashes == as_read_whole(place)


def test_each_drop_is_settled_with_the_batch_it_came_in(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []
    files = acceptance._files

    def counted(*arguments: object) -> list[object]:
        found = files(*arguments)  # type: ignore[arg-type]
        looked_at.append(len(found))
        return list(found)

    monkeypatch.setattr(acceptance, "_files", counted)
    for day in range(6, 12):
        send(place, AREAS[0], day)
        place.drop(
            "benefit_claim",
            "2020-03-20",
            f"benefit_claim_{AREAS[0]}_202003{day:02d}_v2.csv",
            claims([1, 2, 3, 4], filed=f"2020-03-{day:02d}"),
        )
        place.ingest()
    assert looked_at == [2] * 6
