"""After their retention the files of people are replaced by masked twins, and a rebuild still gives the same tables."""

import csv as csv_module
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.core.domain import UserError
from pipelines.core.region.load import Region, load
from pipelines.feeds import contracts
from pipelines.ingest import retention as purging
from pipelines.ingest.reprocess import ReprocessReport, ReprocessScope, replay, restate
from pipelines.ingest.retention import purge
from pipelines.warehouse import store
from tests import tier
from tests.house import House
from tests.pipeline.ingest_place import CLAIM_HEADER, EMPLOYER, REGION, ROOT, Place, claim, claims, csv, person

LATER = datetime(2023, 1, 1, tzinfo=UTC)
CLAIM = "benefit_claim"
EVENT_HEADER = (
    "业务流水号,冲销流水号,增减类型,身份证号,姓名,统一社会信用代码,参保地区,行业代码,原因代码,生效日期,申报日期"
)


def event(number: int, **cells: str) -> str:
    row = {
        "id": f"ZJ{number:03d}", "back": "", "direction": "减员", "person": person(number), "name": f"虚构人{number:03d}",
        "employer": EMPLOYER, "area": "阳谷县", "industry": "26", "reason": "14", "from": "2020/3/1", "filed": "20200305",
    }  # fmt: skip
    return ",".join((row | cells).values())


def fill(place: Place) -> None:
    """Drops with every way a row or file may be wrong, and every way a right one may be written."""
    lines = [
        CLAIM_HEADER,
        *(claim(number) for number in range(100, 120)),
        claim(1, employer="", industry=""), claim(2, industry="26"), claim(3, industry="u", reason="其他"),
        claim(4, person=person(4).lower(), id='"L 4, 续"'), claim(5, filed="2020年3月5日", lost="20200101"),
        claim(6, name='"两行\n名"'), claim(7, area="阳谷县"),
        claim(20, person="37152219850215"), claim(21, area="379999", reason="77"), claim(22) + ",多一列",
        claim(100), f"{person(23)},欧阳虚构,x,y,371521,C,11,2020-02-20,2020-03-05", claim(25, name='"虚构人025'),
    ]  # fmt: skip
    name = "benefit_claim_371521_20200305"
    place.drop(CLAIM, "2020-03-06", f"{name}.csv", csv(*lines, encoding="gb18030"))
    place.drop(CLAIM, "2020-03-07", f"{name}_v2.csv", csv(*lines, encoding="gb18030"))
    place.drop(CLAIM, "2020-03-07", "benefit_claim_371522_20200305.csv", csv(*lines, encoding="gb18030"))
    place.drop(CLAIM, "2020-03-08", f"{name}_supplement.csv", claims([40, 41]))
    place.drop(CLAIM, "2020-03-08", "benefit_claim_371521_20200306.csv", csv("姓名", "虚构"))
    place.drop(CLAIM, "2020-03-08", "benefit_claim_371521_20200307.csv", csv(CLAIM_HEADER))
    wrong = [event(1), event(2, direction="增员", reason="首次参保"), event(3, back="ZJ001"), event(4, reason="A")]
    place.drop("insured_event", "2020-03-06", "insured_event_371521_20200305.csv", csv(EVENT_HEADER, *wrong))
    place.drop("vacancy", "2020-03-06", "vacancy_371500_20200305.csv", b"broken")


@pytest.fixture(scope="module")
def region() -> Region:
    return load(REGION)


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory, region: Region) -> Path:
    """Nobody changes it: copy it."""
    folder = tmp_path_factory.mktemp("taken")
    place = Place.at(folder, region)
    fill(place)
    place.ingest()
    return folder


@pytest.fixture
def place(taken: Path, tmp_path: Path, region: Region) -> Place:
    shutil.copytree(taken, tmp_path, dirs_exist_ok=True)
    return Place.at(tmp_path, region)


def purged(place: Place, now: datetime = LATER) -> dict[str, tuple[int, int]]:
    """Sealed files and drops that a purge replaced, by feed; feeds of which nothing went are left out."""
    done = purge(place.settings, place.region, now)
    assert {item.feed for item in done} <= {feed for feed, contract in contracts().items() if contract.is_person}
    return {item.feed: (item.files, item.drops) for item in done if item.files}


def rebuilt(place: Place) -> dict[str, str]:
    place.settings.warehouse.unlink()
    place.ingest()
    return place.hashes()


def sealed(place: Place) -> list[Path]:
    return sorted(place.settings.raw.rglob("*.sealed"))


def test_a_rebuild_from_masked_twins_gives_the_same_tables(place: Place) -> None:
    before = place.hashes()
    assert rebuilt(place) == before
    assert len(sealed(place)) == 5  # two names of one content share a file
    assert purged(place) == {"insured_event": (1, 1), CLAIM: (4, 6)}
    assert sealed(place) == []
    assert rebuilt(place) == before
    statuses = dict(place.rows("select file_name, rows_accepted from drop_register where feed = 'benefit_claim'"))
    assert statuses["benefit_claim_371521_20200305.csv"] == 27


def test_the_file_of_a_feed_without_people_stays(place: Place) -> None:
    purge(place.settings, place.region, LATER)
    assert len(list((place.settings.raw / "vacancy").rglob("*.csv"))) == 1


@pytest.mark.requirement("M7", "14.2.4")
def test_no_twin_holds_an_identity_number_or_a_name(place: Place, tmp_path: Path) -> None:
    purge(place.settings, place.region, LATER)
    twins = list(place.settings.raw.rglob("*.twin.zip"))
    assert len(twins) == 7
    everything = ""
    for number, path in enumerate(twins):
        assert path.stat().st_mode & 0o077 == 0
        shutil.unpack_archive(path, tmp_path / f"twin{number}")
        everything += "".join(file.read_text(encoding="utf-8") for file in (tmp_path / f"twin{number}").iterdir())
    assert "L100" in everything
    assert "第 30 行“身份证号”有误" in everything
    numbers = [person(number) for number in (*range(1, 8), *range(20, 26), *range(100, 120))]
    secrets = [*numbers, "虚构", "37152219850215", person(4).lower()]
    assert [secret for secret in secrets if secret in everything] == []


def test_a_twin_keeps_line_number_pseudonym_sex_and_birth_year(place: Place, tmp_path: Path) -> None:
    pseudonym = dict(place.rows("select claim_id, person from benefit_claim where claim_id = 'L119'"))["L119"]
    purge(place.settings, place.region, LATER)
    rows = []
    for number, path in enumerate(place.settings.raw.rglob("*.twin.zip")):
        shutil.unpack_archive(path, tmp_path / str(number))
        with (tmp_path / str(number) / "accepted.csv").open(encoding="utf-8", newline="") as file:
            rows += [row for row in csv_module.DictReader(file) if row.get("申领流水号") == "L119"]
    kept = {"line": "21", "person": pseudonym, "sex": "M", "birth_year": "1985", "受理日期": "2020-03-05"}
    assert [row["line"] for row in rows] == ["21", "21"]  # two drops took the row, the third speaks for another area
    assert kept.items() <= rows[0].items()
    assert not {"身份证号", "姓名"} & rows[0].keys()


@pytest.mark.parametrize("feed", [feed for feed, contract in contracts().items() if contract.is_person])
def test_the_samples_of_every_feed_of_people_are_the_same_from_their_twins(
    feed: str, region: Region, tmp_path: Path
) -> None:
    place = Place.at(tmp_path, region)
    samples = sorted((ROOT / "data" / "sample" / feed).glob("*.csv"))
    for path in samples:
        place.drop(feed, "2020-03-09", path.name, path.read_bytes())
    place.ingest()
    before = place.hashes()
    assert feed in before
    assert purged(place) == {feed: (len(samples), len(samples))}
    assert rebuilt(place) == before


def test_a_file_stays_until_its_last_arrival_is_old_enough(place: Place) -> None:
    assert purged(place, datetime(2022, 3, 5, tzinfo=UTC)) == {}
    assert len(sealed(place)) == 5
    # 730 days after the sixth of March 2020, local midnight; the content sent again on the seventh stays a day longer
    last = datetime(2022, 3, 6, 16, tzinfo=UTC)
    assert CLAIM not in purged(place, last)
    assert purged(place, last + timedelta(microseconds=1)) == {CLAIM: (1, 3)}


def test_a_feed_without_retention_is_never_purged(place: Place) -> None:
    feeds = place.region.feeds.assign(retention_days=None)
    assert purge(place.settings, replace(place.region, feeds=feeds), LATER) == []
    assert len(sealed(place)) == 5


def test_the_log_names_what_went_and_a_second_purge_finds_nothing(place: Place) -> None:
    hashes = {path.name.split(".")[0] for path in sealed(place)}
    purge(place.settings, place.region, LATER)
    lines = [json.loads(line) for line in (place.settings.raw / "purge.jsonl").read_text().splitlines()]
    assert {line["content_hash"] for line in lines} == hashes
    assert {len(line["drops"]) for line in lines} == {1, 3}
    assert purged(place) == {}
    assert len((place.settings.raw / "purge.jsonl").read_text().splitlines()) == 5


def test_before_a_sealed_file_goes_its_twins_are_there_and_the_log_says_that_it_goes(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, gone = Path.unlink, []

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".sealed":
            content_hash = path.name.split(".")[0]
            lines = (place.settings.raw / "purge.jsonl").read_text().splitlines()
            (told,) = [line for line in map(json.loads, lines) if line["content_hash"] == content_hash]
            twins = [path.with_name(f"{content_hash[:16]}.{drop_id}.twin.zip") for drop_id in told["drops"]]
            gone.append(all(twin.exists() for twin in twins))
        real(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    purge(place.settings, place.region, LATER)
    assert gone == [True] * 5


class PowerCutError(BaseException):
    """Stops the purge where it stands."""


@pytest.mark.parametrize(
    ("step", "nth"),
    [  # one of each step here: before the twin, before it is on the disk, before the log, before the sealed file goes
        pytest.param("_write_aside", 1, marks=tier.long),
        ("_write_aside", 4),
        pytest.param("sync", 1, marks=tier.long),
        ("sync", 2),
        ("_log", 1),
        pytest.param("_log", 2, marks=tier.long),
        pytest.param("unlink", 1, marks=tier.long),
        ("unlink", 4),
    ],
)
def test_a_purge_cut_at_any_step_loses_nothing_and_is_completed_by_the_next(
    step: str, nth: int, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = place.hashes()
    calls = 0

    def cut(real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            nonlocal calls
            if not (step == "unlink" and str(arguments[0]).endswith(".part")):
                calls += 1
                if calls == nth:
                    raise PowerCutError
            return real(*arguments, **named)

        return call

    with monkeypatch.context() as patch:
        owner = {"unlink": Path, "sync": purging.os}.get(step, purging)
        patch.setattr(owner, step, cut(getattr(owner, step)))
        with pytest.raises(PowerCutError):
            purge(place.settings, place.region, LATER)
    assert calls == nth
    assert rebuilt(place) == before
    purge(place.settings, place.region, LATER)
    assert sealed(place) == []
    assert rebuilt(place) == before


def test_a_code_that_is_no_longer_valid_refuses_purged_rows_too(place: Place) -> None:
    purge(place.settings, place.region, LATER)
    codes = place.region.codes[place.region.codes["code"] != "14"]
    place.region = replace(place.region, codes=codes)
    rebuilt(place)
    (row,) = place.rows(
        "select line_number, rule, quarantine.reason, value_masked, raw_masked from quarantine join drop_register"
        " using (drop_id) where feed = 'insured_event' and column_name = '原因代码' and line_number = 2"
    )
    assert row[:2] == (2, "code")
    assert str(row[2]).startswith("第 2 行“原因代码”的值“14”不在代码表中")
    assert row[3:] == ("14", "（原始文件已过保存期，原文不再保留）")
    assert place.rows(
        "select rows_total, rows_accepted, rows_quarantined from drop_register where feed = 'insured_event'"
    ) == [(4, 1, 3)]


def reread(place: Place, how: Callable[..., ReprocessReport]) -> ReprocessReport:
    with store.connect(place.settings) as warehouse:
        return how(place.settings, place.region, warehouse, ReprocessScope(), LATER)


@pytest.mark.parametrize("how", [replay, restate])
def test_purged_files_are_read_again_from_their_twins_and_nothing_changes(
    how: Callable[..., ReprocessReport], place: Place
) -> None:
    before = place.hashes()
    sealed_report = reread(place, how)
    assert place.hashes() == before
    purge(place.settings, place.region, LATER)
    report = reread(place, how)
    assert (report.read, report.changed, report.closed_rows) == (sealed_report.read, 0, 0)
    assert place.hashes() == before
    assert [sentence for sentence in report.sentences if "其中退回的行不能重读" in sentence]


def test_a_code_taken_away_is_restated_for_purged_rows_as_for_sealed_ones(place: Place, tmp_path: Path) -> None:
    other = Place(place.region, place.settings.model_copy(update={"data": tmp_path / "other"}))
    shutil.copytree(place.settings.data, other.settings.data)
    purge(place.settings, place.region, LATER)
    codes = place.region.codes
    gone = codes[~((codes["list"] == "unemployment_reason") & (codes["code"] == "19"))]
    for house in (place, other):
        house.region = replace(house.region, codes=gone)
        assert reread(house, restate).changed > 0
    facts = "select * exclude (drop_id), split_part(drop_id, '.', 1) from benefit_claim order by all"
    assert place.rows(facts) == other.rows(facts)


def test_a_damaged_twin_is_named(place: Place) -> None:
    purge(place.settings, place.region, LATER)
    path = next((place.settings.raw / CLAIM).rglob("*.twin.zip"))
    path.write_bytes(path.read_bytes()[:40])
    place.settings.warehouse.unlink()
    with pytest.raises(UserError, match="脱敏副本已损坏"):
        place.ingest()


def test_a_purged_file_sent_again_is_a_duplicate(place: Place) -> None:
    purge(place.settings, place.region, LATER)
    before = place.hashes()
    place.drop(CLAIM, "2020-03-09", "benefit_claim_371521_20200305_supplement.csv", claims([40, 41]))
    assert place.ingest().duplicates == 1
    assert place.hashes() == before
    assert rebuilt(place) == before


def test_a_city_rebuilt_from_its_twins_is_the_same_city(
    stocked: House, house: Callable[[House], House], tmp_path: Path
) -> None:
    """Only this finds a row of a real feed that its masked twin does not give back."""
    copied = house(stocked)
    region = tmp_path / "region"
    shutil.copytree(REGION, region)
    feeds = region / "feeds.csv"
    feeds.write_text(feeds.read_text(encoding="utf-8").replace(",730", ",1"), encoding="utf-8")
    copied.environment["GANGSHAO_REGION"] = str(region)
    before = copied.hashes()
    assert "benefit_claim：" in copied.gangshao("purge").stderr
    assert not list((copied.data / "raw").rglob("*.sealed"))
    (copied.data / "warehouse.duckdb").unlink()
    copied.gangshao("ingest", is_fresh=True)
    assert copied.hashes() == before
