"""Identity numbers and names stop at the door, malformed ones too; raw drops of person feeds are sealed."""

import hmac
from pathlib import Path

import pytest

from pipelines.core.region.load import Region, load
from pipelines.core.settings import Settings
from pipelines.feeds import contracts
from pipelines.ingest import encryption_keys
from pipelines.ingest.raw_store import RawStore
from tests.pipeline.ingest_place import CLAIM_HEADER, REGION, Place, claim, csv, person

FEED = "benefit_claim"
NAME = "benefit_claim_371521_20200305.csv"
MALFORMED = "37152219850215"
SLIPPED, SLIPPED_RIGHT = "欧阳虚构", "诸葛虚构"
GOOD = range(100, 130)
BAD = range(20, 28)
LINES = [
    CLAIM_HEADER,
    *(claim(number) for number in GOOD),
    claim(20, person=MALFORMED),
    claim(21, area="379999"),
    claim(22, person=person(22)[:17] + "?"),
    # the columns have slipped by one, to the left and to the right: a name stands where nobody would mask it
    f"{person(23)},{SLIPPED},x,y,371521,C,11,2020-02-20,2020-03-05",
    f"L027,,{person(27)},{SLIPPED_RIGHT},371521,C,11,2020-02-20,2020-03-05",
    claim(24) + ",one too many",
    claim(25, name='"虚构人025', area="371521"),
    claim(26, employer=person(26)),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    region: Region = load(REGION)
    place = Place.at(tmp_path_factory.mktemp("privacy"), region)
    place.drop(FEED, "2020-03-06", NAME, csv(*LINES, encoding="gb18030"))
    report = place.ingest()
    assert (report.rows_accepted, report.rows_quarantined) == (len(GOOD), len(BAD))
    return place


def secrets() -> list[str]:
    numbers = [person(number) for number in (*GOOD, *BAD)]
    names = [f"虚构人{number:03d}" for number in (*GOOD, *BAD)]
    return [*numbers, *names, MALFORMED, SLIPPED, SLIPPED_RIGHT, person(22)[:17]]


def test_no_table_holds_an_identity_number_or_a_name(place: Place) -> None:
    tables = [str(name) for (name,) in place.rows("select table_name from duckdb_tables()")]
    everything = "\n".join(str(place.rows(f"from {table}")) for table in tables)
    assert "L100" in everything
    assert "第 32 行“身份证号”有误" in everything
    assert [secret for secret in secrets() if secret in everything] == []


@pytest.mark.requirement("M8", "14.2.4")
def test_no_byte_of_the_data_folder_holds_one(place: Place) -> None:
    files = [path for path in place.settings.data.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".duckdb", ".sealed", ".jsonl"}
    for path in files:
        content = path.read_bytes()
        for secret in secrets():
            assert secret.encode() not in content, path
            assert secret.encode("gb18030") not in content, path


@pytest.mark.requirement("11.2.1")
def test_the_pseudonym_is_the_hmac_of_the_number(tmp_path: Path, place: Place) -> None:
    other = Place.at(tmp_path, place.region, place.settings.keys)
    other.drop(FEED, "2020-03-06", NAME, csv(CLAIM_HEADER, *(claim(number) for number in range(1, 40))))
    other.ingest()
    key = bytes.fromhex((place.settings.keys / "pseudonym.key").read_text().strip())
    expected = {
        (f"L{number:03d}", hmac.new(key, person(number).encode(), "sha256").hexdigest()[:32], 1985)
        for number in range(1, 40)
    }
    assert set(other.rows("select claim_id, person, birth_year from benefit_claim")) == expected
    sexes = dict(other.rows("select claim_id, sex from benefit_claim"))
    assert sexes["L001"] == "M"
    assert sexes["L002"] == "F"


def test_a_lower_case_check_character_is_the_same_person(tmp_path: Path, place: Place) -> None:
    number = next(number for number in range(1, 99) if person(number).endswith("X"))
    other = Place.at(tmp_path, place.region)
    rows = (claim(number), claim(200, person=person(number).lower()))
    other.drop(FEED, "2020-03-06", NAME, csv(CLAIM_HEADER, *rows))
    other.ingest()
    assert other.rows("select count(*), count(distinct person) from benefit_claim") == [(2, 1)]


def test_a_sealed_drop_opens_to_exactly_what_was_received(place: Place) -> None:
    raw = RawStore(place.settings.raw, encryption_keys.load_keys(place.settings))
    (entry,) = raw.entries()
    assert raw.content(contracts()[FEED], entry.content_hash) == csv(*LINES, encoding="gb18030")


@pytest.mark.requirement("11.2.3", "13.3.2")
def test_the_keys_and_the_warehouse_are_for_their_owner_only(place: Place) -> None:
    settings: Settings = place.settings
    for path in (settings.keys / "raw.key", settings.keys / "pseudonym.key", settings.warehouse):
        assert path.stat().st_mode & 0o077 == 0, path
    for name in ("raw", "pseudonym"):
        assert len(bytes.fromhex((settings.keys / f"{name}.key").read_text())) == 32
