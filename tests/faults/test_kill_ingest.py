"""An ingest that is killed anywhere leaves whole batches, and the next one completes it as if nothing had been."""

from collections.abc import Callable

import pytest

from pipelines.feeds import contracts
from tests.faults.intake import INGEST, Undisturbed, left_waiting, raw, tables
from tests.faults.killer import Point
from tests.faults.nursery import Kill, Nursery, calls_of
from tests.house import House
from tests.tier import IS_LONG

pytestmark = pytest.mark.xdist_group("morning")
Calls = dict[str, int]
# Between two batches that are in, in the middle of a statement, and when all is in but the inbox: an ingest killed three
# times over has three points more.
SHORT = [("ingest", 0.14, 0), ("run", 0.9, 3), ("ingest", 0.98, 0)]
LONG = [("ingest", 0.47, 0), ("ingest", 0.8, 0), ("run", 0.5, 0), ("ingest", 0.4, 10)]
LONG += [("ingest", (at + 0.5) / 36, 0) for at in range(36)] + [("run", (at + 0.5) / 12, 0) for at in range(12)]
# A delay lets the kill fall into the middle of a statement or of a thread that writes a file.
LONG += [("ingest", (at + 0.5) / 8, delay) for at in range(8) for delay in (2, 9, 30)]
POINTS = SHORT + (LONG if IS_LONG else [])


@pytest.fixture(scope="module")
def calls(
    morning: House, undisturbed: Undisturbed, nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> Calls:
    """How many calls each stage makes when nobody kills it."""
    folder = tmp_path_factory.mktemp("counted")
    counted = morning.copy(folder / "house")
    status, said = nursery.work(counted, [INGEST], folder / "calls")
    assert status == 0, said
    assert tables(counted) == undisturbed.states[-1]
    return calls_of(folder / "calls")


def test_the_undisturbed_morning_has_batches_of_every_feed(
    morning: House, undisturbed: Undisturbed, calls: Calls
) -> None:
    feeds = {path.name for path in (morning.data / "inbox").iterdir()}
    assert feeds == set(contracts())
    assert len(undisturbed.states) > 1.5 * len(feeds)  # monthly forms of the whole city are one file, one batch
    assert len({tuple(state.items()) for state in undisturbed.states}) == len(undisturbed.states)
    assert calls["ingest"] > 300


@pytest.mark.parametrize(("stage", "share", "delay"), POINTS)
def test_a_killed_ingest_leaves_whole_batches_and_the_next_one_completes_it(
    stage: str, share: float, delay: int, morning: House, undisturbed: Undisturbed, calls: Calls, nursery: Nursery,
    kill: Kill, house: Callable[[House], House],
) -> None:  # fmt: skip
    killed = house(morning)
    kill(killed, [INGEST], Point(stage, max(1, round(share * calls[stage])), delay))
    assert tables(killed) in undisturbed.states
    status, said = nursery.work(killed, [INGEST])
    assert status in {0, 3}, said  # 3: the killed one had done all but leave
    assert tables(killed) == undisturbed.states[-1]
    assert raw(killed) == undisturbed.raw
    assert not left_waiting(killed)


def test_an_ingest_killed_again_and_again_gets_on_and_ends_as_undisturbed(
    morning: House, undisturbed: Undisturbed, calls: Calls, nursery: Nursery, kill: Kill,
    house: Callable[[House], House],
) -> None:  # fmt: skip
    tired = house(morning)
    reached = []
    for share in (0.45, 0.6, 0.7):
        kill(tired, [INGEST], Point("ingest", round(share * calls["ingest"])))
        reached.append(tables(tired))
    steps = [undisturbed.states.index(state) for state in reached]
    assert 0 < steps[0] < steps[1] < steps[2] < len(undisturbed.states) - 1
    status, said = nursery.work(tired, [INGEST])
    assert status == 0, said
    assert tables(tired) == undisturbed.states[-1]
    assert raw(tired) == undisturbed.raw
