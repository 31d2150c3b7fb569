"""How long somebody who guesses has to wait: failures counted by account, browser and address."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from pipelines.ledger.db.schema import attempt

FORGOTTEN_AFTER = timedelta(days=1)
LONGEST = timedelta(minutes=15)
_ADDRESS = "address:"


@dataclass(frozen=True)
class Counter:
    """What wrong passwords are counted by, and how many are free of any wait."""

    key: str
    free: int


def of_account(account: str) -> Counter:
    """Five wrong passwords are free, then 1, 2, 4 … seconds to 15 minutes."""
    return Counter(f"account:{account}", 5)


def of_address(address: str) -> Counter | None:
    """Offices share an address: twenty are free. None for the loopback and for what is no address: that is nobody's."""
    try:
        return None if ipaddress.ip_address(address).is_loopback else Counter(f"{_ADDRESS}{address}", 20)
    except ValueError:
        return None


def of_device(device: str) -> Counter:
    """A browser known to the account."""
    return Counter(f"device:{device}", 5)


def of_owner(account: str) -> Counter:
    """Whoever is signed in and types the own old password to set another."""
    return of_device(f"own {account}")


def wait_after(counter: Counter, failures: int) -> timedelta:
    """How long after the last wrong password the next is looked at."""
    over = failures - counter.free
    return timedelta() if over < 0 else min(timedelta(seconds=2 ** min(over, 20)), LONGEST)


def reserve_attempt(connection: Connection, counters: Sequence[Counter], now: datetime) -> timedelta:
    """Count an attempt with each counter; when one of them must still wait, count nothing and return how long."""
    connection.execute(delete(attempt).where(attempt.c.last_at < now - FORGOTTEN_AFTER))
    connection.execute(update(attempt).where(attempt.c.last_at > now).values(last_at=now))  # the clock was ahead then
    keys = [counter.key for counter in counters]
    rows = connection.execute(select(attempt).where(attempt.c.attempt_key.in_(keys))).all()
    known = {row.attempt_key: row for row in rows}
    left = timedelta()
    for counter in counters:
        if (row := known.get(counter.key)) is not None:
            left = max(left, row.last_at + wait_after(counter, row.failures) - now)
    if left > timedelta():
        return left
    for counter in counters:
        if counter.key in known:
            connection.execute(
                update(attempt)
                .where(attempt.c.attempt_key == counter.key)
                .values(failures=attempt.c.failures + 1, last_at=now)
            )
        else:
            connection.execute(insert(attempt).values(attempt_key=counter.key, failures=1, last_at=now))
    return timedelta()


def give_back_attempt(connection: Connection, counters: Sequence[Counter]) -> None:
    """The password was right: an address has one attempt less, whose own account or browser it is starts at none."""
    for counter in counters:
        its = attempt.c.attempt_key == counter.key
        if counter.key.startswith(_ADDRESS):
            connection.execute(
                update(attempt).where(its, attempt.c.failures > 0).values(failures=attempt.c.failures - 1)
            )
        else:
            connection.execute(delete(attempt).where(its))


def forget_attempts(connection: Connection, counters: Sequence[Counter]) -> None:
    """End the waits of these counters."""
    connection.execute(delete(attempt).where(attempt.c.attempt_key.in_([counter.key for counter in counters])))


def forget_addresses(connection: Connection) -> int:
    """End all waits by address; returns how many addresses had wrong passwords counted."""
    its = attempt.c.attempt_key.startswith(_ADDRESS, autoescape=True)
    return connection.execute(delete(attempt).where(its)).rowcount
