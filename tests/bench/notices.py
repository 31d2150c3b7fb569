"""`python -m tests.bench notices`: 11 offices with 300 open warnings each are decided about, and their mails rendered."""

import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import numpy as np

from pipelines.ledger.notifications.notice import recorded_notices
from pipelines.ledger.notifications.notification_state import reasons
from pipelines.notifying.notices import decide
from pipelines.published.read import close
from tests.bench.place import LAST_DAY, Place, place
from tests.pipeline.mail_city import REGION, City, Told, edition

_LEVELS, _SHARES = (4, 3, 2, 1), (0.6, 0.3, 0.08, 0.02)
_INDICATORS = ("benefit_claim", "job_loss_rate")


def run(small: bool) -> dict[str, object]:
    """Decide two days: a first one with everything new, and one on which a tenth got worse; the figures are the slower day's."""
    each = 30 if small else 300
    with place() as here:
        first = _opened(each)
        figures = [_day(here, 0, first), _day(here, 1, _worsened(first))]
        stored = reasons(here.ledger)
        close()
    print(f"{'day':>4} {'decisions':>10} {'mails':>6} {'seconds':>8}")
    for number, (decisions, mails, seconds) in enumerate(figures, 1):
        print(f"{number:>4} {decisions:>10,} {mails:>6,} {seconds:>8.1f}")
    print("  ".join(f"{reason} {count:,}" for reason, count in Counter(stored["reason"]).most_common()))
    decisions, mails, seconds = max(figures, key=lambda figure: figure[2])
    return {
        "bench": "notices",
        "offices": len(REGION.units),
        "warnings": each * len(REGION.units),
        "decisions": decisions,
        "mails": mails,
        "seconds": round(seconds, 1),
    }


def _opened(each: int) -> list[Told]:
    rng = np.random.default_rng(1)
    industries = [str(code) for code in REGION.industries.loc[REGION.industries["level"] == "section", "code"]]
    return [
        Told(
            f"{area}{number:04d}", area, int(rng.choice(_LEVELS, p=_SHARES)), LAST_DAY,
            industry=industries[number % len(industries)], indicator=_INDICATORS[number % 2],
        )
        for area in REGION.units for number in range(each)
    ]  # fmt: skip


def _worsened(warnings: list[Told]) -> list[Told]:
    next_day = LAST_DAY + timedelta(days=1)
    return [
        row
        for number, one in enumerate(warnings)
        for row in (
            (replace(one, until=next_day), replace(one, since=next_day, level=max(one.level - 1, 1)))
            if number % 10 == 0
            else (one,)
        )
    ]


def _day(here: Place, number: int, warnings: list[Told]) -> tuple[int, int, float]:
    day = LAST_DAY + timedelta(days=number)
    city = City(here.settings.data, here.settings)
    published = city.publish([edition(LAST_DAY + timedelta(days=back)) for back in range(number + 1)], warnings)
    at = REGION.cutoff_at(day)
    while not REGION.is_workday(REGION.local_day(at)):
        at += timedelta(days=1)
    began = time.perf_counter()
    decide(
        published,
        is_replay=False,
        ledger=here.ledger,
        region=REGION,
        settings=here.settings,
        now=at + timedelta(hours=2),
    )
    seconds = time.perf_counter() - began
    mails = [notice for notice in recorded_notices(here.ledger, published.edition_id) if notice.is_due]
    return len(reasons(here.ledger, published.edition_id)), len(mails), seconds
