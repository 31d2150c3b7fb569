"""Whoever guesses passwords waits; drawn as timelines with a clock that is moved by hand."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import Type, extract_parameters
from sqlalchemy import func, select

from pipelines.core.domain import Role
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.accounts import account, link, password
from pipelines.ledger.accounts.password import weakness
from pipelines.ledger.accounts.sign_in import Refused, SignedIn, sign_in
from pipelines.ledger.accounts.throttle import LONGEST, of_account, wait_after
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.db.schema import attempt
from tests.tier import IS_LONG

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
GOOD = "purple hippo naps on roofs"
SECOND = timedelta(seconds=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(Settings(data=tmp_path))
    for name in ("owner", "other"):
        account_id = account.create(opened, trail.SYSTEM, name, "张三", Role.CITY_DUTY, [], NOW)
        link.redeem_password(opened, link.insert_password_link(opened, trail.SYSTEM, account_id, NOW), GOOD, [], NOW)
    yield opened
    opened.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Passwords that were looked at; without the slow hash, for tests that look at the waiting alone."""
    looked: list[str] = []

    def matches(given: str, password_hash: str) -> bool:
        looked.append(given)
        return given == GOOD and bool(password_hash)

    monkeypatch.setattr("pipelines.ledger.accounts.sign_in.matches", matches)
    return looked


def wait(found: SignedIn | Refused) -> float:
    assert isinstance(found, Refused)
    return found.wait.total_seconds()


def test_the_wait_doubles_from_a_second_to_a_quarter_of_an_hour() -> None:
    counter = of_account("a")
    waits = [wait_after(counter, failures).total_seconds() for failures in range(4, 18)]
    assert waits == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


@pytest.mark.requirement("M1")
def test_five_wrong_passwords_are_free_and_the_sixth_waits_unseen(ledger: Ledger, quick: list[str]) -> None:
    assert [wait(sign_in(ledger, "owner", f"guess {n}", NOW)) for n in range(5)] == [0] * 5
    assert wait(sign_in(ledger, "owner", GOOD, NOW)) == 1, "not even the right one is looked at"
    assert len(quick) == 5
    assert isinstance(sign_in(ledger, "owner", GOOD, NOW + SECOND), SignedIn)
    assert wait(sign_in(ledger, "owner", "wrong again", NOW + SECOND)) == 0, "a right one ends the count"


@pytest.mark.requirement("2.3.2")
def test_a_thousand_guesses_without_pause_get_five_looks_and_a_patient_guesser_needs_ten_days(
    ledger: Ledger, quick: list[str]
) -> None:
    for n in range(1000 if IS_LONG else 200):
        sign_in(ledger, "owner", f"guess {n}", NOW, "10.0.0.9")
    assert len(quick) == 5
    now, looked = NOW, 5
    most = 1000 if IS_LONG else 200
    while looked < most:
        now += SECOND * max(1, wait(sign_in(ledger, "owner", "guess", now, "10.0.0.9")))
        looked = len(quick)
    assert now - NOW > timedelta(minutes=15) * (most - 15), "of a thousand, ten days"


@pytest.mark.requirement("6.1.1")
def test_guesses_at_one_account_make_no_other_wait_even_from_the_same_address(ledger: Ledger, quick: list[str]) -> None:
    for n in range(100):
        sign_in(ledger, "owner", f"guess {n}", NOW, "10.0.0.9")
    assert isinstance(sign_in(ledger, "other", GOOD, NOW, "10.0.0.9"), SignedIn)


def test_one_address_that_tries_many_names_waits_and_other_addresses_do_not(ledger: Ledger, quick: list[str]) -> None:
    for n in range(50):
        sign_in(ledger, f"name{n}", "guess", NOW, "10.0.0.9")
    assert len(quick) == 20
    assert wait(sign_in(ledger, "other", GOOD, NOW, "10.0.0.9")) > 0
    assert isinstance(sign_in(ledger, "other", GOOD, NOW, "10.0.0.10"), SignedIn)


@pytest.mark.requirement("6.1.1")
def test_a_browser_the_owner_knows_does_not_wait_for_what_others_guess(ledger: Ledger, quick: list[str]) -> None:
    first = sign_in(ledger, "owner", GOOD, NOW, "10.0.0.1")
    assert isinstance(first, SignedIn)
    for n in range(50):
        sign_in(ledger, "owner", f"guess {n}", NOW, "10.0.0.9")
        sign_in(ledger, f"name{n}", "guess", NOW, "10.0.0.1")
    assert wait(sign_in(ledger, "owner", GOOD, NOW, "10.0.0.1")) > 0
    known = sign_in(ledger, "owner", GOOD, NOW, "10.0.0.1", first.device)
    assert isinstance(known, SignedIn)
    assert wait(sign_in(ledger, "other", GOOD, NOW, "10.0.0.1", known.device)) > 0, "known to one account only"
    assert wait(sign_in(ledger, "owner", GOOD, NOW, "10.0.0.1", first.device)) > 0, "each token is good once"


def test_a_known_browser_that_guesses_waits_too(ledger: Ledger, quick: list[str]) -> None:
    first = sign_in(ledger, "owner", GOOD, NOW)
    assert isinstance(first, SignedIn)
    waits = [wait(sign_in(ledger, "owner", "guess", NOW, "", first.device)) for _ in range(6)]
    assert waits == [0] * 5 + [1]


@pytest.mark.requirement("6.3.1")
def test_many_guesses_at_once_are_no_more_than_one_after_the_other(ledger: Ledger, quick: list[str]) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: sign_in(ledger, "owner", f"guess {n}", NOW), range(40)))
    assert len(quick) == 5


@pytest.mark.parametrize(("later", "counted"), [(timedelta(days=1), 18), (timedelta(days=1, seconds=1), 2)])
def test_what_was_counted_is_forgotten_after_a_day(
    ledger: Ledger, quick: list[str], later: timedelta, counted: int
) -> None:
    for n in range(8):
        sign_in(ledger, f"name{n}", "guess", NOW, f"10.0.0.{n}")
    sign_in(ledger, "owner", "guess", NOW + later, "10.0.0.9")
    with ledger.reading() as connection:
        assert connection.execute(select(func.count()).select_from(attempt)).scalar() == counted


@pytest.mark.requirement("6.1.1")
@pytest.mark.parametrize(("proxy", "told"), [("127.0.0.1", {}), ("10.0.0.2", {"is_clients_address": False})])
def test_a_stranger_behind_the_same_proxy_keeps_nobody_out_for_nine_hours(
    ledger: Ledger, quick: list[str], proxy: str, told: dict[str, bool]
) -> None:
    """The address is everybody's: one guesses at invented names and at one account, others come with the right password."""
    of_owner = come_in = 0
    for minute in range(0, 9 * 60, 2):
        now = NOW + timedelta(minutes=minute)
        of_owner += wait(sign_in(ledger, "owner", "guess", now, proxy, **told)) == 0
        if minute < 60:
            sign_in(ledger, f"invented{minute}", "guess", now, proxy, **told)
        if minute % 6 == 4:
            come_in += isinstance(sign_in(ledger, "other", GOOD, now + SECOND, proxy, **told), SignedIn)
    assert come_in == 90, "each with a browser not yet known, none kept out"
    assert of_owner <= 5 + 10 + 4 * 9, "whoever guesses at one account waits as before"


def test_an_administrator_ends_the_wait(ledger: Ledger, quick: list[str]) -> None:
    for n in range(6):
        sign_in(ledger, "owner", f"guess {n}", NOW)
    account.forgive(ledger, trail.SYSTEM, account.named(ledger, "owner", NOW).account_id, NOW)
    assert isinstance(sign_in(ledger, "owner", GOOD, NOW), SignedIn)


def test_an_administrator_ends_the_waits_by_address_and_of_browsers_the_account_knows(
    ledger: Ledger, quick: list[str]
) -> None:
    first = sign_in(ledger, "owner", GOOD, NOW, "10.0.0.1")
    assert isinstance(first, SignedIn)

    def keep_out() -> None:
        for n in range(30):
            sign_in(ledger, f"name{n}", "guess", NOW, "10.0.0.1")
        for _ in range(6):
            sign_in(ledger, "owner", "guess", NOW, "10.0.0.1", first.device)
        assert wait(sign_in(ledger, "owner", GOOD, NOW, "10.0.0.1", first.device)) > 0
        assert wait(sign_in(ledger, "other", GOOD, NOW, "10.0.0.1")) > 0

    keep_out()
    account.forgive(ledger, trail.SYSTEM, account.named(ledger, "owner", NOW).account_id, NOW)
    assert isinstance(sign_in(ledger, "other", GOOD, NOW, "10.0.0.1"), SignedIn)
    known = sign_in(ledger, "owner", GOOD, NOW, "10.0.0.1", first.device)
    assert isinstance(known, SignedIn)
    first = known
    keep_out()
    assert account.forgive_addresses(ledger, trail.SYSTEM, NOW) == 1
    assert isinstance(sign_in(ledger, "other", GOOD, NOW, "10.0.0.1"), SignedIn)
    assert wait(sign_in(ledger, "owner", GOOD, NOW, "10.0.0.1", first.device)) > 0, "its own are its owner's"


def test_a_browser_in_which_a_password_was_set_by_a_link_is_known(ledger: Ledger, quick: list[str]) -> None:
    again = link.insert_password_link(ledger, trail.SYSTEM, account.named(ledger, "owner", NOW).account_id, NOW)
    fresh = link.redeem_password(ledger, again, GOOD, [], NOW, "10.0.0.1")
    assert isinstance(fresh, SignedIn)
    for n in range(50):
        sign_in(ledger, "owner", f"guess {n}", NOW, "10.0.0.9")
    assert isinstance(sign_in(ledger, "owner", GOOD, NOW, "10.0.0.1", fresh.device), SignedIn)


@pytest.mark.requirement("11.4.2")
def test_an_unknown_name_costs_the_same_work_as_a_known_one() -> None:
    owned, nobody = (extract_parameters(made) for made in (password.hashed(GOOD), password._NOBODY))
    assert owned == nobody
    assert (owned.type, owned.memory_cost, owned.time_cost) == (Type.ID, 64 << 10, 3)


@pytest.mark.requirement("6.3.8")
def test_unknown_names_and_wrong_passwords_are_answered_alike(ledger: Ledger) -> None:
    assert sign_in(ledger, "owner", "guess", NOW) == sign_in(ledger, "nobody", "guess", NOW) == Refused()
    assert not password.matches("guess", "")
    assert not password.matches("of no account", ""), "the hash that is looked at for nothing opens nothing"


WORDS = ["聊城市", "liaocheng", "东昌府区", "zhang.san", "张三"]


@pytest.mark.requirement("M1", "6.2.1", "6.2.4", "6.2.11")
@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("kV7-qpeW3m_", "12 至 128"),
        ("x" * 129, "12 至 128"),
        ("aaaaaaaaaaaaaaaa", "重复"),
        ("123456789012", "连续|常用"),
        ("qwertyuiopasdf", "键盘|常用"),
        ("liaocheng2026", "liaocheng"),
        ("聊城市东昌府区张三张三张三", "本地区|重复"),
        ("gangshao12345", "gangshao|连续|常用"),
        ("passwordpassword", "常用|重复"),
        ("Zhang.San1985", "(?i)zhang"),
        ("liaochengk7Vq-pW", "liaocheng"),  # seven signs beside the name
    ],
)
def test_what_is_easily_guessed_is_refused_with_the_reason(given: str, why: str) -> None:
    said = weakness(given, WORDS)
    assert said is not None
    assert re.search(why, said.zh), said.zh


@pytest.mark.requirement("6.2.5")
@pytest.mark.parametrize(
    "given",
    [GOOD, "紫色河马在屋顶上打盹儿呢", "kV7-qpeW3m_z", "correct horse battery staple", "liaochengk7Vq-pW3",
     f"{GOOD} and {GOOD} ".ljust(128, "?")],
)  # fmt: skip
def test_length_is_enough_and_no_kind_of_letter_is_asked_for(given: str) -> None:
    assert weakness(given, WORDS) is None


@pytest.mark.parametrize("failures", [1, 12])
def test_a_wait_counted_by_a_clock_that_was_ahead_is_no_longer_than_any_other(
    ledger: Ledger, quick: list[str], failures: int
) -> None:
    ahead = NOW + timedelta(days=364)
    for number in range(failures):
        sign_in(ledger, "owner", f"guess {number}", ahead + number * LONGEST)
    first = sign_in(ledger, "owner", GOOD, NOW, address="10.1.2.3")
    if failures > 5:
        assert 0 < wait(first) <= LONGEST.total_seconds()
        first = sign_in(ledger, "owner", GOOD, NOW + LONGEST, address="10.1.2.3")
    assert isinstance(first, SignedIn)
