"""Replays, rebuilds and repeats end in the same tables and tell nobody twice."""

import sqlite3
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from tests.conftest import LAST_EDITION, RECENT
from tests.house import House

pytestmark = pytest.mark.xdist_group("replay")


def notices(house: House) -> list[tuple[object, ...]]:
    with sqlite3.connect(house.data / "ledger.sqlite") as ledger:
        return ledger.execute(
            "select edition_id, office_id, address, reason, state, message_id from notice order by 1, 2, 3"
        ).fetchall()


def mails(house: House) -> list[str]:
    outbox = house.data / "outbox"
    return sorted(path.name for path in outbox.glob("*.eml")) if outbox.exists() else []


SERIES = (
    "from reading where indicator = 'benefit_claim' and area = '371502' and industry = 'ALL' and grain = 'day' and "
    "known_to is null and period "
)


def drop_belated(house: House) -> date:
    """Put an empty correction into the inbox, as received before editions that are out; returns the day it is of, the
    last one before with claims."""
    [(found,)] = house.ask(f"select cast(max(period) as date) {SERIES} < date '2026-10-20' and value > 0")
    day = date.fromisoformat(str(found))
    path = house.data / f"inbox/benefit_claim/2026-10-20/benefit_claim_371502_{day:%Y%m%d}_v9.csv"
    path.parent.mkdir(parents=True)
    path.write_text(
        "申领流水号,身份证号,姓名,统一社会信用代码,参保地区,行业代码,失业原因,失业日期,受理日期\r\n",
        encoding="utf-8-sig",
    )
    return day


def test_a_replay_equals_the_days_run_one_by_one(
    stocked: House, recent: House, house: Callable[[House], House]
) -> None:
    """Only this finds state that one process of many editions carries from day to day and a night of its own does not."""
    single = house(stocked)
    for ago in reversed(range(RECENT)):
        single.gangshao("run", "--day", (LAST_EDITION - timedelta(days=ago)).isoformat())
    assert single.hashes() == recent.hashes()


def test_a_replay_sends_nothing_and_remembers_what_it_would_have_told(replayed: House) -> None:
    assert not mails(replayed)
    states = {state for *_, state, _ in notices(replayed)}
    assert states == {"retrospective"}


@pytest.mark.requirement("M6")
def test_a_rebuild_from_raw_and_ledger_gives_the_same_tables_and_no_second_mail(
    recent: House, house: Callable[[House], House]
) -> None:
    """Only this finds what is nowhere but in the warehouse, and what a rebuild takes from memory files of before."""
    before = house(recent)
    drop_belated(before)
    before.gangshao("ingest", "--backfill")
    before.gangshao("run", "--day", "2026-11-01")
    told, sent, hashes = notices(before), mails(before), before.hashes()
    assert sent
    (before.data / "warehouse.duckdb").unlink()
    for path in (before.data / "published").rglob("*"):
        if path.is_file():
            path.unlink()
    remembered = sorted((before.data / "memory").glob("*.memory"))
    for path in remembered:
        path.unlink()  # houses share the file
        path.write_bytes(b"useless")
    (before.data / "memory" / "gone.memory").write_bytes(b"of an indicator that is no more")
    assert "learnt again" not in before.gangshao("run", "--rebuild", is_fresh=True).stderr
    assert sorted((before.data / "memory").glob("*.memory")) == remembered
    assert before.hashes() == hashes
    before.gangshao("notify")
    assert notices(before) == told
    assert mails(before) == sent


def test_the_same_day_again_changes_nothing(next_day: House, house: Callable[[House], House]) -> None:
    again = house(next_day)
    hashes, told, sent = again.hashes(), notices(again), mails(again)
    again.gangshao("run", "--day", "2026-11-01", is_fresh=True)
    assert (again.hashes(), notices(again), mails(again)) == (hashes, told, sent)


def test_what_was_published_on_a_past_day_is_never_rewritten(
    replayed: House, next_day: House, house: Callable[[House], House]
) -> None:
    later = house(next_day)
    past = (
        "select indicator, area, industry, grain, period, value, is_provisional from reading "
        "where known_from <= timestamp '2026-10-20 00:00' and (known_to is null or known_to > timestamp '2026-10-20 00:00') "
        "order by all"
    )
    before = replayed.ask(past)
    assert later.ask(past) == before
    later.gangshao("run", "--day", "2026-11-02")
    assert before
    assert later.ask(past) == before


def test_a_belated_file_of_a_past_day_counts_from_the_next_edition(
    recent: House, house: Callable[[House], House]
) -> None:
    later = house(recent)
    sql = f"select value {SERIES} = date '{drop_belated(later)}'"
    before = later.ask(sql)
    assert "下一版次" in later.gangshao("ingest", "--backfill").stderr
    later.gangshao("run", "--day", "2026-11-01")
    assert before != [(0.0,)]
    after = later.ask(sql)
    assert after in ([(0.0,)], before)  # an empty correction may be held for confirmation


def test_an_edition_whose_cut_off_has_not_come_is_refused(replayed: House, house: Callable[[House], House]) -> None:
    assert "截止时间" in house(replayed).gangshao("run", "--day", "2999-01-01", status=2).stderr
