"""One very large file of joins and leaves: rows of the invented city, as if all had been filed by the city on one day."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipelines.core.region.load import Region
from pipelines.demo import frozen
from pipelines.demo.arrival import build_arrival
from pipelines.demo.city import build_city
from pipelines.demo.daily import draw_insured
from pipelines.demo.rhythm import build_rhythm, draw_counts
from pipelines.demo.sheet import GB18030, UTF8, Encoding, fixed, join
from pipelines.demo.timeline import build_timeline, random_stream
from pipelines.demo.wording import HEADERS, UNKNOWN_AREA, Wording
from tests.bench.place import LAST_DAY

FEED = "insured_event"
PERIOD = LAST_DAY - timedelta(days=1)  # a Friday
ENCODINGS = {"utf-8": UTF8, "gb18030": GB18030}
_BLOCK = 200_000
_ROWS_PER_DAY = 1700.0  # of a calendar day at scale 1, a little less than the city draws


def file_name(region: Region) -> str:
    """Name under which the city sends the file."""
    return f"{FEED}_{region.city}_{PERIOD:%Y%m%d}.csv"


def write_drops(region: Region, rows: int, into: dict[str, Path]) -> None:
    """Write the same ``rows`` once for each encoding of ``into``, one row in 5000 wrong, as the demonstration does.

    The people are those of a city of a million insured, each of whom joins or leaves about five times in five million
    rows; a smaller file is of a smaller city, so that the share of distinct people stays.
    """
    scale = rows / 5_000_000
    days = round(5_000_000 / _ROWS_PER_DAY)
    timeline = build_timeline(region, days, LAST_DAY)
    city = build_city(region, scale, 1, LAST_DAY)
    counts = draw_counts(build_rhythm(city, timeline, 1), city, timeline, 1)
    drawn = draw_insured(city, timeline, counts, [], 1)
    if len(drawn.area) < rows:
        raise AssertionError(f"{len(drawn.area)} rows drawn of {rows}")
    wording = Wording(city, timeline, build_arrival(city, timeline, 1), region)
    rng = random_stream(1, "big drop")
    order = rng.permutation(len(drawn.area))[:rows]
    wrong = rng.random(rows) < frozen.DIRTY
    is_digit = rng.random(rows) < 0.5
    unknown_area = [",".join((*text.split(",")[:2], UNKNOWN_AREA, *text.split(",")[3:])) for text in wording.employer]
    codes = sorted({*frozen.JOIN_REASONS, *frozen.LEAVE_REASONS, *frozen.NEUTRAL_REASONS})
    reason = np.searchsorted(np.array(codes, dtype="S2"), drawn.row.reason)

    def parts(at: slice, encoding: Encoding) -> list[pa.Array]:
        row = order[at]
        number = city.identity[drawn.row.person[row]].copy()
        spoilt = wrong[at] & is_digit[at]
        number[spoilt] = [one[:-1] + (b"0" if one[-1:] != b"0" else b"1") for one in number[spoilt]]
        head = f"ZJ{PERIOD:%Y%m%d}{region.city}"
        serial = np.char.add(head.encode(), np.char.zfill(np.arange(at.start, at.stop).astype("S7"), 7))
        return [
            fixed(serial),
            wording.select("mark", lambda: [",,减员,", ",,增员,"], drawn.is_join[row].astype(np.int64), encoding),
            fixed(number),
            wording.identity(drawn.row.person[row], encoding)[1],
            wording.select(
                "employer", lambda: wording.employer + unknown_area,
                drawn.row.employer[row] + len(unknown_area) * (wrong[at] & ~is_digit[at]), encoding,
            ),
            wording.select("reason", lambda: [code + "," for code in codes], reason[row], encoding),
            wording.day(drawn.row.effective[row], encoding),
            wording.select("filed", lambda: [f"{PERIOD}{encoding.line_end}"], np.zeros(len(row), np.int64), encoding),
        ]  # fmt: skip

    for name, path in into.items():
        encoding = ENCODINGS[name]
        with path.open("wb") as file:
            file.write(encoding.mark + (",".join(HEADERS[FEED]) + encoding.line_end).encode(encoding.codec))
            for at in _blocks(rows):
                data, _ = join(parts(at, encoding))
                file.write(data)


def _blocks(rows: int) -> Iterator[slice]:
    return (slice(first, min(first + _BLOCK, rows)) for first in range(0, rows, _BLOCK))
