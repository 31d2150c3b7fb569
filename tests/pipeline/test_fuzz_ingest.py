"""Whatever lies in the inbox, the real ingest takes it, answers each file by a sentence and loses none.

The process is one of its own, so that one that is aborted is seen. 100 mutated files in `make test` in one ingest; 2,000
in `make torture`. It costs seconds, but only whole files through the real ingest show what a library does to its process.
"""

import io
import random
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.pipeline.ingest_place import ROOT, Place
from tests.pipeline.test_fuzz_formats import GOOD
from tests.pipeline.test_poison_files import FAR, INGEST
from tests.tier import IS_LONG

FILES = 2000 if IS_LONG else 100
FEEDS = ("benefit_claim", "insured_headcount", "vacancy", "telecom_mobility")
NEW = [
    b"", b"\n", b"\r", b'"', b",", b"\x00", b"\xff\xff\xff\xff", b"\xef\xbb\xbf", b"PK\x05\x06", b"<", b"'", b"\x1b[2J",
    "合计".encode(), "报送期间：".encode(), "\u202e".encode(), b'r="XFD1048576"', b"r='XFD1048576'", b"&#x10FFFF;", b"1048576",
    *(rows.encode() for rows in FAR.values()),
]  # fmt: skip


def mutated(content: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(content) + 1)
        content = content[:at] + chance.choice(NEW) + content[at + chance.choice((0, 0, 1, 4, 40)) :]
    return content


def with_a_mutated_part(content: bytes, chance: random.Random) -> bytes:
    """The packing stays right, so that what is damaged reaches the reader of the format."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        names = source.namelist()
        chosen = chance.choice(names)
        for name in names:
            part = source.read(name)
            target.writestr(name, mutated(part, chance) if name == chosen else part)
    return packed.getvalue()


def spoilt(number: int, chance: random.Random) -> bytes:
    base = GOOD[chance.choice(sorted(GOOD))]
    if base.startswith(b"PK") and number % 2:
        return with_a_mutated_part(base, chance)
    return mutated(base, chance)


def test_each_of_many_spoilt_files_is_answered_and_none_is_lost(place: Place, tmp_path: Path) -> None:
    chance = random.Random(20261202)
    for number in range(FILES):
        feed = chance.choice(FEEDS)
        month, day = 1 + number // 28 % 12, 1 + number % 28
        name = f"{feed}_371521_2020{month:02d}{day:02d}_v{number + 1}.{chance.choice(('csv', 'xlsx', 'xls', 'zip'))}"
        place.drop(feed, "2021-03-06", name, spoilt(number, chance))
    names = place.files()
    assert len(names) == FILES
    command = [sys.executable, "-c", INGEST, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert place.files() == set()
    answered = place.rows("select file_name, status, reason from drop_register")
    known = {str(name).split("/")[0] for name, _, _ in answered}
    assert len(names - known) <= done.stdout.count("重复"), "the same bytes under two names count once"
    assert all(reason for _, status, reason in answered if status != "accepted")
    assert sum(status == "refused" for _, status, _ in answered) > FILES // 4
    assert place.rows("select count(*) from drop_register where rows_total <> rows_accepted + rows_quarantined") == [
        (0,)
    ]
