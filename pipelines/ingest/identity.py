"""Identity numbers and employer codes as SQL: their check digits, and what may be kept of a person.

Only sex, year of birth and a keyed pseudonym leave this module; the number itself stays in the reader's table.
"""

import hashlib
from dataclasses import dataclass

# GB 11643-1999: the weights of the 17 digits are 2^17 … 2^1 modulo 11; their sum modulo 11 picks the check character.
_FIRST_WEIGHT = 7
_CHECK_CHARACTERS = "10X98765432"
# GB 32100-2015: 31 symbols, without I O S V Z.
_EMPLOYER_SYMBOLS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# 128 bits are enough for a city's persons; half the characters are half the warehouse.
PSEUDONYM_LENGTH = 32
_HMAC_BLOCK = 64

IS_IDENTITY_SHAPED = "regexp_full_match({}, '[1-9][0-9]{{16}}[0-9X]')"
# Wherever such characters stand in a row of a person feed, they are hidden from what is kept of a refused row.
LOOKS_LIKE_IDENTITY = "[0-9]{6}(18|19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]"


@dataclass(frozen=True)
class Pads:
    """The two padded forms of an HMAC-SHA256 key (RFC 2104), to be bound as parameters of the statement."""

    inner: bytes
    outer: bytes


def pads(key: bytes) -> Pads:
    """Prepare a key of any length for the statement."""
    block = (hashlib.sha256(key).digest() if len(key) > _HMAC_BLOCK else key).ljust(_HMAC_BLOCK, b"\x00")
    return Pads(bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block))


def digits(text: str) -> str:
    """SQL: digits 2 to 17 packed four bits each, NULL when they are none; a column of its own, for ``is_identity``."""
    return f"try_cast('0x' || substr({text}, 2, 16) as ubigint)"


def is_identity(text: str, packed: str) -> str:
    """SQL: whether an upper-case text is an identity number: 18 characters, a real date of birth, the check digit.

    The place code is not checked: 3715xx exists since 1997, people are older and come from everywhere.
    """
    total = f"{_FIRST_WEIGHT} * cast(left({text}, 1) as integer) + 2 * cast({_folded(packed)} as integer)"
    check = f"substr('{_CHECK_CHARACTERS}', ({total}) % 11 + 1, 1)"
    return (
        f"(case when {IS_IDENTITY_SHAPED.format(text)} then {born_on(text)} between date '1900-01-01' and"
        f" date '2100-01-01' and {check} = right({text}, 1) else false end)"
    )


def _folded(packed: str) -> str:
    """SQL: the 16 packed digits weighted 1, 2, 4, 8 … from the right, modulo 11 up to a multiple.

    Each weight of GB 11643 is twice the next, modulo 11, so neighbours are folded together, then pairs, and so on: some
    twenty operations on bits instead of 17 divisions. 2, 4, 5, 3 are 2^1, 2^2, 2^4, 2^8 modulo 11.
    """
    folded = packed
    for bits, mask, weight in (
        (4, 0x0F0F0F0F0F0F0F0F, 2),
        (8, 0x00FF00FF00FF00FF, 4),
        (16, 0x0000FFFF0000FFFF, 5),
        (32, 0x00000000FFFFFFFF, 3),
    ):
        low, high = f"({folded} & {mask}::ubigint)", f"(({folded} >> {bits}::ubigint) & {mask}::ubigint)"
        folded = f"({low} + {weight}::ubigint * {high})"
    return folded


def born_on(text: str) -> str:
    """SQL: date of birth in an identity number, NULL when it is no date."""
    return f"cast(try_strptime(substr({text}, 7, 8), '%Y%m%d') as date)"


def birth_year(text: str) -> str:
    """SQL: year of birth in a valid identity number."""
    return f"cast(substr({text}, 7, 4) as integer)"


def sex(text: str) -> str:
    """SQL: 'M' or 'F' from the 17th digit of a valid identity number."""
    return f"case when cast(substr({text}, 17, 1) as integer) % 2 = 1 then 'M' else 'F' end"


def pseudonym(text: str) -> str:
    """SQL: HMAC-SHA256 of the text in hexadecimal, shortened; the pads are the parameters $inner and $outer."""
    digest = f"sha256($outer::blob || unhex(sha256($inner::blob || encode({text}))))"
    return f"left({digest}, {PSEUDONYM_LENGTH})"


def is_employer_code(text: str) -> str:
    """SQL: whether an upper-case text is a unified social credit code (GB 32100-2015) with its check character."""
    total = " + ".join(
        f"(strpos('{_EMPLOYER_SYMBOLS}', substr({text}, {place + 1}, 1)) - 1) * {pow(3, place, 31)}"
        for place in range(17)
    )
    check = f"(31 - ({total}) % 31) % 31 + 1"
    return (
        f"(regexp_full_match({text}, '[{_EMPLOYER_SYMBOLS}]{{18}}')"
        f" and substr('{_EMPLOYER_SYMBOLS}', {check}, 1) = right({text}, 1))"
    )
