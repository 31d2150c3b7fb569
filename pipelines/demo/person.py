"""Invented people and employers: numbers, codes and names that pass every check and belong to nobody."""

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.bytes_]
Ints = NDArray[np.int64]
Chars = NDArray[np.uint8]

# Until 1997 the prefecture had another code; people born before still carry it (task, section 3).
FORMER_PREFIX = "3725"
FORMER_UNTIL = 1997
# Last two digits of the issuing county run from here: GB/T 2260 has assigned none of 90-99, so no number is a person's.
UNASSIGNED_COUNTY = 90

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECK = np.frombuffer(b"10X98765432", dtype=np.uint8)

_CREDIT = np.frombuffer(b"0123456789ABCDEFGHJKLMNPQRTUWXY", dtype=np.uint8)
_CREDIT_WEIGHTS = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28])
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰红建国文辉鑫宇浩欣怡然博雅琳晨"


def _matrix(text: Bytes) -> Chars:
    """A fixed-width byte-string array (n,) as characters (n, width)."""
    return np.ascontiguousarray(text).view(np.uint8).reshape(len(text), text.dtype.itemsize)


def identity_numbers(birth: NDArray[np.datetime64], sequence: Ints, county: Ints, prefix: str) -> Bytes:
    """Identity numbers after GB 11643-1999 for ``n`` people, as an array of 18 bytes each.

    ``birth`` days, ``sequence`` 1 to 999 (odd = male), ``county`` 0 to 9, ``prefix`` the city's four digits.
    Unique when the pairs (birth, sequence) are.
    """
    count = len(birth)
    years = birth.astype("datetime64[Y]").astype("int64") + 1970
    counties = np.array([f"{UNASSIGNED_COUNTY + i}" for i in range(10)], dtype="S2")
    prefixes = np.array([FORMER_PREFIX, prefix], dtype="S4")
    first_day = birth.min()
    calendar = np.arange(first_day, birth.max() + 1)
    day_text = np.char.replace(np.datetime_as_string(calendar, unit="D").astype("S10"), b"-", b"").astype("S8")
    sequences = np.array([f"{i:03d}" for i in range(1000)], dtype="S3")
    out = np.empty((count, 18), dtype=np.uint8)
    out[:, 0:4] = _matrix(prefixes)[(years >= FORMER_UNTIL).astype(np.int64)]
    out[:, 4:6] = _matrix(counties)[county]
    out[:, 6:14] = _matrix(day_text)[(birth - first_day).astype("int64")]
    out[:, 14:17] = _matrix(sequences)[sequence]
    total = np.zeros(count, dtype=np.int64)
    for place, weight in enumerate(_WEIGHTS):
        total += (out[:, place].astype(np.int64) - ord("0")) * int(weight)
    out[:, 17] = _CHECK[total % 11]
    return out.view("S18").reshape(count)


def credit_codes(serial: Ints, district: Bytes) -> Bytes:
    """Unified social credit codes after GB 32100-2015: 91, ``district`` (6 digits), organisation code, check digit.

    The organisation code starts with YY, which no register has issued, followed by ``serial`` (below 31**6) and its
    own check digit after GB 11714.
    """
    count = len(serial)
    values = np.empty((count, 18), dtype=np.int64)
    values[:, 0], values[:, 1] = 9, 1
    values[:, 2:8] = _matrix(district).astype(np.int64) - ord("0")
    values[:, 8:10] = 30  # Y
    rest = serial.copy()
    for place in range(15, 9, -1):
        values[:, place] = rest % 31
        rest //= 31
    # GB 11714 counts A as 10 … Z as 35, while the credit code's alphabet leaves I, O, S, V, Z out.
    ordinary = np.array([int(chr(c), 36) for c in _CREDIT])
    digit = 11 - (ordinary[values[:, 8:16]] * _ORGANISATION_WEIGHTS).sum(axis=1) % 11
    letter_x = int(np.flatnonzero(ord("X") == _CREDIT)[0])
    values[:, 16] = np.where(digit == 10, letter_x, np.where(digit == 11, 0, digit))
    values[:, 17] = (31 - (values[:, :17] * _CREDIT_WEIGHTS).sum(axis=1) % 31) % 31
    return _CREDIT[values].view("S18").reshape(count)


def person_names() -> list[str]:
    """A pool of composed names of two and three characters; which person has which is the caller's business."""
    return [s + a + b for s in _SURNAMES for a in _GIVEN for b in ("", *_GIVEN[::5])]


def birth_slots(count: int, first: np.datetime64, last: np.datetime64) -> tuple[NDArray[np.datetime64], Ints]:
    """``count`` distinct (birth day, sequence) pairs, most people in the middle of the working ages."""
    days = np.arange(first, last + 1)
    age = np.linspace(0.0, 1.0, len(days))
    weight = 0.35 + np.minimum(age / 0.45, (1.0 - age) / 0.55)
    upto = np.floor(np.cumsum(weight) / weight.sum() * count).astype(np.int64)
    upto[-1] = count
    per_day = np.diff(upto, prepend=0)
    day = np.repeat(np.arange(len(days)), per_day)
    within = np.arange(count) - np.repeat(upto - per_day, per_day)
    return days[day], 1 + (within + 331 * (day % 3)) % 999
