"""A file too large to be held is taken block by block, and nobody can tell from the tables."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.core.region.load import Region
from pipelines.feeds import contracts
from pipelines.formcheck.parsing import blocks, non_data_rows, text
from pipelines.formcheck.parsing.blocks import can_stream
from pipelines.ingest import arrivals, encryption, inbox, load
from pipelines.ingest.encryption import FRAME, SealError, decrypt, encrypt
from tests.pipeline.dirty_text import HEADCOUNT_HEADER, headcount
from tests.pipeline.ingest_place import CLAIM_HEADER, Place, claim, claims, csv, person
from tests.tier import IS_LONG

FEED, HEADCOUNT = "benefit_claim", "insured_headcount"
NAME = "benefit_claim_371521_20200305.csv"
NAMES = {FEED: NAME, HEADCOUNT: "insured_headcount_371521_202003.csv"}
SMALL_BLOCK = 2600  # some 30 lines of claims
FIRST, UNTIL = 100, 200
GOOD = [claim(number) for number in range(FIRST, UNTIL)]
STAFF = [headcount(number) for number in range(1, 100)]


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is large, and a block is a few lines."""
    for module in (arrivals, inbox):
        monkeypatch.setattr(module, "MOST_BYTES", -1)
    monkeypatch.setattr(blocks, "BLOCK", SMALL_BLOCK)
    monkeypatch.setattr("pipelines.ingest.raw_store.FRAME", SMALL_BLOCK)
    monkeypatch.setattr(encryption, "FRAME", SMALL_BLOCK)


EVERY = 1 if IS_LONG else 3  # each kind of file is taken twice: `make test` takes a third
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
        CLAIM_HEADER, *(claim(n, name=f'"虚构\n{"长" * (n % 40)}\n\n{n}"') for n in range(FIRST, UNTIL)), encoding="gb18030"
    ),
    "open quotes": csv(
        CLAIM_HEADER, *(claim(n, name='"虚构' if n % 9 == 0 else "虚构") for n in range(FIRST, UNTIL)), claim(1, name='"x')
    ),
    "too many wrong rows": csv(CLAIM_HEADER, *GOOD[:40], *(claim(n, area="379999") for n in range(10, 99))),
    "title lines, tabs and ignored columns": csv(
        "失业保险金申领", "报送单位：阳谷县\t报送期间：2020-03-05\t报送版本：2", "",
        *(f"{number}\t{line}".replace(",", "\t") for number, line in enumerate([CLAIM_HEADER, *GOOD])),
        encoding="gb18030",
    ),
    "the template's example, blanks and empty columns at the end": csv(
        CLAIM_HEADER, "示例,,,,,,,,", *GOOD[:50], *(line.replace(",", " , ") + ",," for line in GOOD[50:]), ""
    ),
    "broken in the middle": csv(CLAIM_HEADER, *GOOD[:40])[:-2] + b"\xff\xff\r\n" + csv(*GOOD[40:], encoding="utf-8"),
    "null byte in the middle": csv(CLAIM_HEADER, *GOOD) + b"\x00\r\n",
    "column missing": csv(CLAIM_HEADER.replace("受理日期", "日期"), *GOOD),
    "a long line before the header is found": csv("说明：" + "长" * 750, CLAIM_HEADER, *GOOD),
    "UTF-16": csv(CLAIM_HEADER, *GOOD, encoding="utf-16"),
    "line ends of an old Macintosh": csv(CLAIM_HEADER, *GOOD).replace(b"\r\n", b"\r"),
}  # fmt: skip
STAFF_FILES = {
    "a total that is right, and a signature": csv(HEADCOUNT_HEADER, *STAFF, "合计,,,,,1188,,", "填报人：甲某"),
    "a total that is wrong": csv(HEADCOUNT_HEADER, *STAFF, "合计,,,,,1200,,"),
    "subtotals in whole rows and a total that is wrong": csv(
        HEADCOUNT_HEADER, *STAFF[:40], headcount(101).replace("示例厂101", "小计"), *STAFF[40:],
        headcount(102, "1200").replace("示例厂102", "合计"),
    ),
    "a total of which a row is malformed": csv(HEADCOUNT_HEADER, *STAFF, "a,b", "合计,,,,,1200,,"),
    "a total of which a figure is unreadable": csv(
        HEADCOUNT_HEADER, *STAFF[:5], headcount(5, "多"), *STAFF[6:], "合计,,,,,1200,,"
    ),
    "subtotals, repeated headers and numbers of columns": csv(
        HEADCOUNT_HEADER, "1,2,3,4,5,6,7,8", *STAFF[:40], "小计,,,,,480,,", HEADCOUNT_HEADER, *STAFF[40:], "总计,,,,,1188,,"
    ),
    "units and figures as people write them": csv(
        HEADCOUNT_HEADER.replace("参保人数", "参保人数（万人）"), *(headcount(n, "０.0012", arrears="１") for n in range(1, 100)),
        "合计,,,,,0.1188,,",
    ),
    "a unit above the header": csv("单位：万人", HEADCOUNT_HEADER, *(headcount(n, "0.0012") for n in range(1, 100))),
    "lines that are no rows count for nothing when too many are wrong": csv(
        HEADCOUNT_HEADER, *STAFF[:50], *["小计,,,,,480,,"] * 60, *(headcount(n, "x") for n in range(50, 99))
    ),
    "more than half of the rows wrong and a total": csv(
        HEADCOUNT_HEADER, *STAFF[:20], *(headcount(n, "x") for n in range(20, 99)), "合计,,,,,240,,"
    ),
    "more failing lines than are looked at": csv(
        HEADCOUNT_HEADER, *STAFF[:30], "小计,,,,,360,,", "a,b", *STAFF[30:60], *[headcount(1, "x", area="y")] * 9,
        "小计,,,,,360,,", *STAFF[60:], "总计,,,,,1200,,",
    ),
}  # fmt: skip
READ_WHOLE = {
    "no bytes", "broken in the middle", "null byte in the middle", "column missing", "UTF-16",
    "a long line before the header is found",
}  # fmt: skip
NOT_TAKEN_AS_LARGE = {"UTF-16"}


def tables(place: Place, content: bytes, name: str = NAME, feed: str = FEED) -> dict[str, object]:
    place.drop(feed, "2020-04-06", name, content)
    report = place.ingest()
    assert not place.files()
    rows = {
        "register": place.rows("from drop_register"),
        "fact": sorted(place.rows(f"from {feed}"), key=str),
        "quarantine": sorted(place.rows("from quarantine"), key=str),
    }
    total, accepted, bad = place.rows("select rows_total, rows_accepted, rows_quarantined from drop_register")[0]
    assert total == accepted + bad
    assert len(rows["fact"]) == accepted
    assert len({row[1] for row in rows["quarantine"]}) == bad
    return rows | {"sentences": report.sentences}


def count(monkeypatch: pytest.MonkeyPatch, module: object, function: str) -> list[str]:
    """Grows with each call of a function, which does what it did."""
    calls: list[str] = []
    original = getattr(module, function)

    def counted(*args: object, **named: object) -> object:
        calls.append(function)
        return original(*args, **named)

    monkeypatch.setattr(module, function, counted)
    return calls


@pytest.mark.parametrize(
    ("feed", "name", "content"),
    [
        *(pytest.param(FEED, name, content, id=name) for name, content in list(FILES.items())[::EVERY]),
        *(pytest.param(HEADCOUNT, name, content, id=name) for name, content in list(STAFF_FILES.items())[::EVERY]),
    ],
)
def test_a_file_taken_block_by_block_gives_the_tables_of_one_taken_whole(
    feed: str, name: str, content: bytes, region: Region, keys: Path, tmp_path: Path, tiny: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    large, whole = count(monkeypatch, inbox, "load_large"), count(monkeypatch, load, "load")
    in_blocks = tables(Place.at(tmp_path / "blocks", region, keys), content, NAMES[feed], feed)
    assert len(large) == (name not in NOT_TAKEN_AS_LARGE)
    assert len(whole) == (name in READ_WHOLE - NOT_TAKEN_AS_LARGE)
    monkeypatch.undo()
    assert in_blocks == tables(Place.at(tmp_path / "whole", region, keys), content, NAMES[feed], feed)


@pytest.mark.parametrize("name", ["more failing lines than are looked at", "a total that is wrong"])
def test_of_a_big_file_only_the_last_failing_lines_are_looked_at_however_it_is_taken(
    name: str, region: Region, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:  # fmt: skip
    def limit() -> None:
        for module in (non_data_rows, non_data_rows):
            monkeypatch.setattr(module, "MOST_LOOKED_AT", 4)
        for module in (text, non_data_rows):
            monkeypatch.setattr(module, "SMALL", SMALL_BLOCK)
        monkeypatch.setattr(text, "_TAIL", SMALL_BLOCK // 2)

    limit()
    content, file_name = STAFF_FILES[name], NAMES[HEADCOUNT]
    whole = tables(Place.at(tmp_path / "whole", region, keys), content, file_name, HEADCOUNT)
    request.getfixturevalue("tiny")
    assert tables(Place.at(tmp_path / "blocks", region, keys), content, file_name, HEADCOUNT) == whole
    assert any("合计行" in sentence for sentence in whole["sentences"])


@pytest.mark.parametrize("feed", ["telecom_mobility", "labour_shortage"])
def test_a_file_that_must_be_known_as_a_whole_is_never_taken_block_by_block(feed: str) -> None:
    contract = contracts()[feed]
    assert not can_stream(contract, b"a,b\r\n")
    assert can_stream(replace(contract, forbids_identifiers=False, file_checks=()), b"a,b\r\n")
    assert not can_stream(contracts()[FEED], b"PK\x03\x04")


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
    assert len(steps) >= 30
    for point in range(len(steps)) if IS_LONG else one_of_each_kind(steps):
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


def one_of_each_kind(steps: list[str]) -> list[int]:
    """Of each kind of step the middle one: a cut at every step takes a minute."""
    places: dict[str, list[int]] = {}
    for place, what in enumerate(steps):
        places.setdefault(what.split()[0], []).append(place)
    return [found[len(found) // 2] for found in places.values()]


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


@pytest.mark.requirement("M7")
def test_no_name_or_number_of_a_large_file_reaches_the_disk(
    region: Region, keys: Path, tmp_path: Path, tiny: None
) -> None:
    place = Place.at(tmp_path, region, keys)
    place.drop(FEED, "2020-03-06", NAME, FILES["wrong rows"])
    place.ingest()
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for number in range(FIRST, UNTIL):
        assert person(number).encode() not in everything
        assert f"虚构人{number}".encode() not in everything


KEY = b"k" * 32


def frames(content: bytes) -> list[bytes]:
    return list(encrypt(KEY, (content[at : at + FRAME] for at in range(0, len(content), FRAME))))


def open_again(pieces: list[bytes], key: bytes = KEY) -> bytes:
    return b"".join(decrypt(key, io.BytesIO(b"".join(pieces)), ""))


@pytest.mark.parametrize("size", [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME])
def test_a_sealed_content_opens_to_itself(size: int) -> None:
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    pieces = frames(content)
    assert open_again(pieces) == content
    assert size < len(KEY) or content[:200] not in b"".join(pieces)  # a byte or two may be met by chance


@pytest.mark.requirement("11.3.3")
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
