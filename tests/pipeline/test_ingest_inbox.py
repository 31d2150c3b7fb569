"""From the inbox to the fact tables: what counts, what supersedes what, and that repeats change nothing."""

from datetime import UTC, datetime

import pytest

from pipelines.ingest import inbox
from pipelines.warehouse import store
from tests.pipeline.ingest_place import CLAIM_HEADER, NOW, Place, claim, claims, csv

FEED = "benefit_claim"
NAME = "benefit_claim_371521_20200305.csv"


def utc(year: int, month: int, day: int, hour: int) -> datetime:
    """An instant as the stores keep it."""
    return datetime(year, month, day, hour, tzinfo=UTC).replace(tzinfo=None)


def test_every_fact_leads_back_to_its_file_and_physical_line(place: Place) -> None:
    lines = [CLAIM_HEADER, claim(1), "", claim(2, name='"虚构\r\n人"'), claim(3)]
    place.drop(FEED, "2020-03-06", NAME, csv(*lines))
    place.ingest()
    found = place.rows(
        "select claim_id, line_number, file_name from benefit_claim join drop_register using (drop_id) order by 1"
    )
    assert found == [("L001", 2, NAME), ("L002", 4, NAME), ("L003", 6, NAME)]
    assert not place.files()


def test_a_day_folder_means_received_at_local_midnight_and_otherwise_now(place: Place) -> None:
    place.drop(FEED, "2020-03-06", NAME, claims([1]))
    place.ingest(backfill=True)
    place.drop(FEED, None, "benefit_claim_371522_20200305.csv", claims([2], area="371522"))
    place.ingest(backfill=False)
    assert place.rows("select received_at, is_backfilled from drop_register order by received_at") == [
        (utc(2020, 3, 5, 16), True),
        (NOW.replace(tzinfo=None), False),
    ]


def test_a_corrected_file_supersedes_the_first_one(place: Place) -> None:
    place.drop(FEED, "2020-03-06", NAME, claims(range(10)))
    place.drop(FEED, "2020-03-09", "benefit_claim_371521_20200305_v2.csv", claims(range(9), "gb18030"))
    place.ingest()
    assert place.in_force(place.morning("2020-03-06")) == {NAME}
    assert place.in_force(place.morning("2020-03-08")) == {NAME}
    assert place.in_force(place.morning("2020-03-09")) == {"benefit_claim_371521_20200305_v2.csv"}
    assert place.rows("select count(*) from benefit_claim") == [(19,)]


def test_a_file_that_would_lose_most_rows_is_held_and_the_old_one_stays(place: Place) -> None:
    place.drop(FEED, "2020-03-06", NAME, claims(range(20)))
    place.drop(FEED, "2020-03-09", "benefit_claim_371521_20200305_v2.csv", claims(range(5)))
    report = place.ingest()
    assert (report.accepted, report.held) == (1, 1)
    assert place.in_force(place.morning("2020-03-20")) == {NAME}
    assert place.rows("select status from drop_register order by version") == [("accepted",), ("held",)]


def test_an_older_version_that_comes_late_does_not_win(place: Place) -> None:
    place.drop(FEED, "2020-03-06", "benefit_claim_371521_20200305_v2.csv", claims([1, 2]))
    place.drop(FEED, "2020-03-09", NAME, claims([1, 2, 3]))
    place.ingest()
    assert place.in_force(place.morning("2020-03-20")) == {"benefit_claim_371521_20200305_v2.csv"}


def test_two_files_without_version_are_ordered_by_when_they_came(place: Place) -> None:
    place.drop(FEED, "2020-03-06", NAME, claims([1, 2, 3]))
    place.drop(FEED, "2020-03-07", NAME, claims([1, 2, 3, 4]))
    place.ingest()
    assert place.rows("select count(*) from drop_register") == [(2,)]
    kept = place.rows("select rows_total from drop_register where received_at = $at", at=utc(2020, 3, 6, 16))
    assert kept == [(4,)]
    assert place.in_force(place.morning("2020-03-07")) == {NAME}


def test_a_supplement_adds_to_the_file_it_completes(place: Place) -> None:
    place.drop(FEED, "2020-03-06", NAME, claims([1, 2]))
    place.drop(FEED, "2020-03-08", "benefit_claim_371521_20200305_supplement.csv", claims([3]))
    place.ingest()
    assert place.in_force(place.morning("2020-03-07")) == {NAME}
    assert place.in_force(place.morning("2020-03-08")) == {NAME, "benefit_claim_371521_20200305_supplement.csv"}


def test_the_same_file_under_two_names_counts_once(place: Place) -> None:
    place.drop(FEED, "2020-03-06", NAME, claims([1, 2]))
    place.drop(FEED, "2020-03-06", "benefit_claim_371521_20200305 (1).csv", claims([1, 2]))
    place.drop(FEED, "2020-03-07", "benefit_claim_阳谷县_20200305 - 副本.csv", claims([1, 2]))
    report = place.ingest()
    assert (report.files, report.accepted, report.duplicates) == (3, 1, 2)
    assert place.rows("select count(*) from benefit_claim") == [(2,)]
    again = place.drop(FEED, "2020-03-10", NAME, claims([1, 2]))
    assert place.ingest().duplicates == 1
    assert not again.exists()
    assert place.rows("select received_at from drop_register") == [(utc(2020, 3, 5, 16),)]


def test_an_old_content_sent_as_a_newer_version_is_in_force_again(place: Place) -> None:
    place.drop(FEED, "2020-03-06", NAME, claims(range(9)))
    place.drop(FEED, "2020-03-07", "benefit_claim_371521_20200305_v2.csv", claims(range(10)))
    place.drop(FEED, "2020-03-08", "benefit_claim_371521_20200305_v3.csv", claims(range(9)))
    assert place.ingest().accepted == 3
    assert place.in_force(place.morning("2020-03-08")) == {"benefit_claim_371521_20200305_v3.csv"}


def test_the_same_content_for_another_unit_is_another_drop(place: Place) -> None:
    for unit in ("371521", "371522", "3715D1"):
        place.drop(FEED, "2020-03-06", f"benefit_claim_{unit}_20200305.csv", csv(CLAIM_HEADER))
    assert place.ingest().accepted == 3


def test_a_file_with_only_its_header_is_a_true_zero(place: Place) -> None:
    place.drop(FEED, "2020-03-06", NAME, csv(CLAIM_HEADER, encoding="gb18030"))
    place.ingest()
    assert place.rows("select status, rows_total, encoding from drop_register") == [("accepted", 0, "gb18030")]
    assert place.in_force(place.morning("2020-03-06")) == {NAME}


@pytest.mark.requirement("1.1.1")
def test_utf8_and_gb18030_give_the_same_facts_even_for_rare_characters(place: Place) -> None:
    header = "统一社会信用代码,单位名称,参保地区,行业代码,所属月份,期末参保人数,欠缴月数,缓缴标志"
    for month, encoding in (("202001", "utf-8-sig"), ("202002", "gb18030"), ("202003", "utf-8")):
        row = f"91350100M000100Y43,示例𠮷野家,371521,C,{month},12,0,否"
        place.drop(
            "insured_headcount",
            "2020-04-08",
            f"insured_headcount_371521_{month}.csv",
            csv(header, row, encoding=encoding),
        )
    place.ingest()
    assert place.rows("select distinct employer_name, insured from insured_headcount") == [("示例𠮷野家", 12)]
    assert place.rows("select encoding from drop_register order by period") == [
        ("utf-8-sig",),
        ("gb18030",),
        ("utf-8",),
    ]


def test_a_refused_file_is_registered_and_kept_and_speaks_for_nothing(place: Place) -> None:
    place.drop(FEED, "2020-03-06", NAME, csv(CLAIM_HEADER.replace("失业日期", "日期"), claim(1)))
    report = place.ingest()
    assert report.refused == 1
    assert not report.did_something
    (row,) = place.rows("select status, reason, sender, rows_total from drop_register")
    assert row[0] == "refused"
    assert "缺少列“失业日期”" in str(row[1])
    assert row[2:] == ("371521", 0)
    assert len(list((place.settings.raw / FEED).rglob("*.sealed"))) == 1
    assert place.in_force(place.morning("2020-03-06")) == set()


def test_files_still_being_copied_wait(place: Place) -> None:
    place.drop(FEED, "2020-03-06", f"{NAME}.part", b"half")
    place.drop(FEED, "2020-03-06", ".hidden.csv", b"x")
    place.drop(FEED, "2020-03-06", f"~${NAME}", b"x")
    assert place.ingest().files == 0
    assert len(place.files()) == 3


def test_a_file_that_replaces_another_while_it_is_taken_is_not_lost(place: Place) -> None:
    path = place.drop(FEED, "2020-03-06", NAME, claims(range(10)))

    def replace_it(what: str, _done: int, _total: int) -> None:
        if what == "登记":
            newer = path.with_suffix(".part")
            newer.write_bytes(claims(range(12)))
            newer.replace(path)

    place.ingest(progress=replace_it)
    assert path.exists()
    place.ingest()
    assert place.rows("select rows_total from drop_register order by 1") == [(10,), (12,)]


def test_rebuilding_from_raw_gives_the_same_tables(place: Place) -> None:
    place.drop(FEED, "2020-03-06", NAME, csv(CLAIM_HEADER, claim(1), claim(2, area="379999")))
    place.drop(FEED, "2020-03-07", "benefit_claim_371521_20200305_v2.csv", claims([1, 2]))
    place.drop(FEED, "2020-03-07", "benefit_claim_unknown.csv", claims([1, 2]))
    place.drop("vacancy", "2020-03-07", "vacancy_371500_20200306.csv", b"\xff\xfe\x00")
    place.ingest()
    before = place.hashes()
    assert set(before) == {"benefit_claim", "drop_register", "quarantine"}
    with store.connect(place.settings) as warehouse:
        inbox.rebuild(place.settings, place.region, warehouse)
    assert place.hashes() == before
    place.settings.warehouse.unlink()
    assert place.ingest().resumed == 4
    assert place.hashes() == before


def test_an_earlier_arrival_learned_later_moves_the_received_time(place: Place) -> None:
    place.drop(FEED, "2020-03-09", NAME, claims([1]))
    place.ingest()
    place.drop(FEED, "2020-03-06", NAME, claims([1]))
    place.ingest()
    moved = [(utc(2020, 3, 5, 16),)]
    assert place.rows("select received_at from drop_register") == moved
    place.settings.warehouse.unlink()
    place.ingest()
    assert place.rows("select received_at from drop_register") == moved


def test_received_times_are_kept_in_utc_whatever_the_zone_of_now(place: Place) -> None:
    place.drop(FEED, None, NAME, claims([1]))
    place.ingest(backfill=False, now=datetime(2020, 3, 6, 8, tzinfo=place.region.time_zone))
    assert place.rows("select received_at from drop_register") == [(utc(2020, 3, 6, 0),)]
