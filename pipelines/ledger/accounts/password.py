"""Passwords: argon2id, and a judgement of how easily one is guessed (ASVS 5.0, 6.2); length before kinds of letters."""

import re
import threading
from collections.abc import Iterable
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pipelines.core.domain import Said, SaidError

LEAST, MOST = 12, 128  # characters
_BESIDE = 8  # characters that are no name of system, region or account
_GUESSED: Final = 3  # of zxcvbn's scores 0 to 4: at least 10^8 guesses
_OWN_WORDS = ("gangshao", "岗哨", "password", "密码", "admin", "管理员", "就业", "失业", "预警", "人社局", "人力资源")
_WHY = {
    "dictionary": Said(
        "其中“{token}”是常用词，或与本系统、本地区、本账号有关",
        "“{token}” is a common word, or one of this system, city or account",
    ),
    "spatial": Said("其中“{token}”是键盘上相邻的一串", "“{token}” is a run of neighbours on the keyboard"),
    "repeat": Said("其中“{token}”是重复的", "“{token}” repeats itself"),
    "sequence": Said("其中“{token}”是连续的一串", "“{token}” is a run of letters or digits in order"),
    "date": Said("其中“{token}”是日期", "“{token}” is a date"),
    "regex": Said("其中“{token}”是年份", "“{token}” is a year"),
    "bruteforce": Said("太短", "it is too short"),
}

_hasher = PasswordHasher()  # argon2id, RFC 9106's second choice: 64 MiB, 3 passes
# Each hash takes 64 MiB and, by its four lanes, all cores: two at a time, and whoever asks more waits.
_few = threading.BoundedSemaphore(2)
# A hash of nobody's password by the parameters above; to make one with every start of a command takes 64 MiB.
_NOBODY: Final = "$argon2id$v=19$m=65536,t=3,p=4$QRQHkE6Vq5k0VkRRZkmvGA$AOgr75Q1pj30L2BeVM+xG/ZfGfZ3PjwdZwNB1Of8m8E"


def hashed(password: str) -> str:
    """The hash to store, with its own salt and parameters in it."""
    with _few:
        return _hasher.hash(password)


def matches(password: str, password_hash: str) -> bool:
    """Whether this is the password; without a hash the same work is done for nothing, so that time tells nothing."""
    with _few:
        try:
            return _hasher.verify(password_hash or _NOBODY, password) and bool(password_hash)
        except (VerificationError, InvalidHashError):
            return False


def weakness(password: str, words: Iterable[str]) -> Said | None:
    """Why a password is refused, None when it is good. ``words``: names of region and account, which count as known.

    It must have 12 to 128 characters, 8 of them beside such names, and stand 10^8 guesses of one who knows common
    passwords, names, keyboards and dates (zxcvbn: Wheeler 2016, USENIX Security).
    """
    if not LEAST <= len(password) <= MOST:
        return Said(f"密码须有 {LEAST} 至 {MOST} 个字符", f"a password has {LEAST} to {MOST} characters")
    known = sorted(_parts([*_OWN_WORDS, *words]), key=lambda word: (-len(word), word))
    rest = password.casefold()
    for word in known:
        rest = rest.replace(word, "")
    if len(rest) < _BESIDE:
        token = next((word for word in known if word in password.casefold()), "")
        return _refused("dictionary", token)
    # Its lists of words are 12 MiB, and a server sees few passwords set.
    from zxcvbn import zxcvbn  # noqa: PLC0415

    found: dict[str, Any] = zxcvbn(password, user_inputs=known, max_length=MOST)
    if found["score"] >= _GUESSED:
        return None
    worst = max(found["sequence"], key=lambda part: (part["pattern"] != "bruteforce", len(part["token"])))
    return _refused(worst["pattern"], worst["token"])


def must_be_good(password: str, words: Iterable[str]) -> None:
    """Raises SaidError that says why a password is refused, as ``weakness`` does."""
    if (why := weakness(password, words)) is not None:
        raise SaidError(why)


def _parts(words: Iterable[str]) -> set[str]:
    parts = (part for word in words for part in [word, *re.split(r"[\s;@._-]+", word)])
    return {part.casefold() for part in parts if len(part) > 1}


def _refused(pattern: str, token: str) -> Said:
    why = _WHY[pattern]
    return Said(
        f"密码太容易猜到：{why.zh.format(token=token)}；请换成几个互不相干的词，或再长一些",
        f"too easily guessed: {why.en.format(token=token)}; take several unrelated words, or a longer one",
    )
