"""A file too large to be held is taken block by block, and nobody can tell from the tables."""

import io
from pathlib import Path

import pytest

from pipelines.ingest import inbox, load, seal, stream, waiting
from pipelines.ingest.seal import FRAME, SealError, opened, sealed
from pipelines.region import Region
from pipelines.region import load as load_region
from tests.pipeline.ingest_place import CLAIM_HEADER, REGION, Place, claim, claims, csv, person

FEED = "benefit_claim"
NAME = "benefit_claim_371521_20200305.csv"
SMALL_BLOCK = 600
GOOD = [claim(number) for number in range(100, 160)]


@pytest.fixture(scope="module")
def region() -> Region:
    return load_region(REGION)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is large, and a block is a few lines."""
    for module in (waiting, inbox):
        monkeypatch.setattr(module, "MOST_BYTES", -1)
    monkeypatch.setattr(stream, "BLOCK", SMALL_BLOCK)
    monkeypatch.setattr("pipelines.ingest.raw.FRAME", SMALL_BLOCK)
    monkeypatch.setattr(seal, "FRAME", SMALL_BLOCK)


FILES = {
    "plain": csv(CLAIM_HEADER, *GOOD),
    "gb18030": csv(CLAIM_HEADER, *GOOD, encoding="gb18030"),
    "no rows": csv(CLAIM_HEADER),
    "no bytes": b"",
    "no line end at the end": csv(CLAIM_HEADER, *GOOD)[:-2],
    "keys repeated near and far": csv(CLAIM_HEADER, *GOOD[:30], GOOD[29], GOOD[0], *GOOD[30:], GOOD[31], GOOD[0]),
    "repeats of a wrong row count for nothing": csv(
        CLAIM_HEADER, claim(100, area="379999"), *GOOD[1:50], claim(100), claim(100)
    ),
    "wrong rows": csv(
        CLAIM_HEADER, *GOOD[:20], claim(20, person="3715"), claim(21, area="379999"), "a,b", *GOOD[20:], claim(22) + ",x"
    ),
    "quoted line breaks": csv(
        CLAIM_HEADER, *(claim(n, name=f'"虚构\n{"长" * (n % 40)}\n\n{n}"') for n in range(100, 160)), encoding="gb18030"
    ),
    "open quotes": csv(
        CLAIM_HEADER, *(claim(n, name='"虚构' if n % 9 == 0 else "虚构") for n in range(100, 160)), claim(1, name='"x')
    ),
    "too many wrong rows": csv(CLAIM_HEADER, *GOOD[:40], *(claim(n, area="379999") for n in range(20, 90))),
    "broken in the middle": csv(CLAIM_HEADER, *GOOD[:40])[:-2] + b"\xff\xff\r\n" + csv(*GOOD[40:], encoding="utf-8"),
    "null byte in the middle": csv(CLAIM_HEADER, *GOOD) + b"\x00\r\n",
    "column missing": csv(CLAIM_HEADER.replace("受理日期", "日期"), *GOOD),
}  # fmt: skip


def tables(place: Place, content: bytes, name: str = NAME) -> dict[str, object]:
    place.drop(FEED, "2020-03-06", name, content)
    report = place.ingest()
    assert not place.files()
    rows = {
        "register": place.rows("from drop_register"),
        "fact": sorted(place.rows(f"from {FEED}"), key=str),
        "quarantine": sorted(place.rows("from quarantine"), key=str),
    }
    total, accepted, bad = place.rows("select rows_total, rows_accepted, rows_quarantined from drop_register")[0]
    assert total == accepted + bad
    assert len(rows["fact"]) == accepted
    assert len({row[1] for row in rows["quarantine"]}) == bad
    return rows | {"sentences": report.sentences}


@pytest.mark.parametrize("name", FILES)
def test_a_file_taken_block_by_block_gives_the_tables_of_one_taken_whole(
    name: str, region: Region, keys: Path, tmp_path: Path, tiny: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    original = load.load_large
    monkeypatch.setattr(inbox, "load_large", lambda *args: calls.append(name) or original(*args))
    in_blocks = tables(Place.at(tmp_path / "blocks", region, keys), FILES[name])
    assert calls == [name]
    monkeypatch.undo()
    whole = tables(Place.at(tmp_path / "whole", region, keys), FILES[name])
    assert in_blocks == whole


def test_a_large_file_of_an_unreadable_name_is_refused_and_kept(
    region: Region, keys: Path, tmp_path: Path, tiny: None
) -> None:
    place = Place.at(tmp_path, region, keys)
    rows = tables(place, FILES["plain"], "申领三月.csv")
    assert rows["fact"] == []
    assert [status for (status,) in place.rows("select status from drop_register")] == ["refused"]
    assert len(list(place.settings.raw.rglob("*.sealed"))) == 1


def test_a_large_file_sent_again_changes_nothing(region: Region, keys: Path, tmp_path: Path, tiny: None) -> None:
    place = Place.at(tmp_path, region, keys)
    first = tables(place, FILES["wrong rows"])
    hashes = place.hashes()
    assert tables(place, FILES["wrong rows"]) != first, "the second report tells of a duplicate"
    assert place.hashes() == hashes
    assert [path.name for path in place.settings.raw.rglob("*.part")] == []


class PowerCutError(BaseException):
    """Stops the ingest where it stands."""


def test_an_ingest_of_large_files_cut_at_any_step_is_completed_by_the_next(
    region: Region, keys: Path, tmp_path: Path, tiny: None
) -> None:
    def fill(place: Place) -> None:
        place.drop(FEED, "2020-03-06", NAME, FILES["wrong rows"])
        place.drop(FEED, "2020-03-07", NAME.replace(".csv", "_v2.csv"), FILES["too many wrong rows"])
        place.drop(FEED, "2020-03-08", NAME, claims(range(100, 110)))

    calm = Place.at(tmp_path / "calm", region, keys)
    fill(calm)
    steps: list[str] = []
    calm.ingest(progress=lambda what, _done, _total: steps.append(what))
    assert {what.split()[0] for what in steps} == {"留存", "登记", "写入", "采用", "移出"}
    assert len(steps) >= 40
    for point in range(0, len(steps), 3):
        place = Place.at(tmp_path / str(point), region, keys)
        fill(place)
        left = iter(range(point, -1, -1))

        def cut(_what: str, _done: int, _total: int, left: object = left) -> None:
            if next(left, 0) == 0:
                raise PowerCutError

        with pytest.raises(PowerCutError):
            place.ingest(progress=cut)
        for total, accepted, drop_id in place.rows("select rows_total, rows_accepted, drop_id from drop_register"):
            found = place.rows(f"select count(*) from {FEED} where drop_id = $id", id=drop_id)[0][0]
            assert found == accepted <= total
        place.ingest()
        assert place.hashes() == calm.hashes(), f"cut at {point}: {steps[point]}"
        assert not place.files()


def test_a_rebuild_from_raw_takes_large_drops_block_by_block_too(
    region: Region, keys: Path, tmp_path: Path, tiny: None
) -> None:
    place = Place.at(tmp_path, region, keys)
    place.drop(FEED, "2020-03-06", NAME, FILES["quoted line breaks"])
    place.ingest()
    before = place.hashes()
    place.settings.warehouse.unlink()
    report = place.ingest()
    assert report.resumed == 1
    assert place.hashes() == before


def test_no_name_or_number_of_a_large_file_reaches_the_disk(
    region: Region, keys: Path, tmp_path: Path, tiny: None
) -> None:
    place = Place.at(tmp_path, region, keys)
    place.drop(FEED, "2020-03-06", NAME, FILES["wrong rows"])
    place.ingest()
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for number in range(100, 160):
        assert person(number).encode() not in everything
        assert f"虚构人{number}".encode() not in everything


KEY = b"k" * 32


def frames(content: bytes) -> list[bytes]:
    return list(sealed(KEY, (content[at : at + FRAME] for at in range(0, len(content), FRAME))))


def open_again(pieces: list[bytes], key: bytes = KEY) -> bytes:
    return b"".join(opened(key, io.BytesIO(b"".join(pieces)), ""))


@pytest.mark.parametrize("size", [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME])
def test_a_sealed_content_opens_to_itself(size: int) -> None:
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    pieces = frames(content)
    assert open_again(pieces) == content
    assert size == 0 or content[:200] not in b"".join(pieces)


def test_frames_cannot_be_swapped_cut_off_repeated_or_brought_from_another_file() -> None:
    content = b"".join(bytes([number]) * FRAME for number in range(4))
    header, *rest = frames(content)
    other_header, *other = frames(content)
    assert header != other_header
    spoilt = {
        "swapped": [header, rest[1], rest[0], *rest[2:]],
        "cut off": [header, *rest[:-1]],
        "cut to one": [header, rest[0]],
        "repeated": [header, rest[0], *rest],
        "foreign": [header, rest[0], other[1], *rest[2:]],
        "foreign header": [other_header, *rest],
        "a byte off": [header, rest[0][:-1] + bytes([rest[0][-1] ^ 1]), *rest[1:]],
        "empty": [header],
        "appended": [header, *rest, b"x"],
    }
    for what, pieces in spoilt.items():
        with pytest.raises(SealError) as error:
            open_again(pieces)
        assert not error.value.is_other_key, what
    with pytest.raises(SealError) as error:
        open_again([header, *rest], b"l" * 32)
    assert error.value.is_other_key
