"""A process that appends to the audit trail of a data folder, when it is told to, and prints each number once stored."""

import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from pipelines.core.settings import Settings
from pipelines.ledger import open_ledger
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, Actor
from tests.forked import ROOT


def start(data: Path, who: str, count: int) -> "subprocess.Popen[str]":
    """Start one that will append ``count`` entries."""
    command = [sys.executable, "-m", "tests.appender", str(data), who, str(count)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: "subprocess.Popen[str]") -> None:
    """Let it append."""
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def append(data: Path, who: str, count: int) -> None:
    ledger = open_ledger(Settings(data=data))
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(count):
        entry = trail.write_entry(ledger, Act.EXPORT, Actor(who, ""), str(number), datetime.now(UTC))
        assert entry is not None
        print(entry.seq, flush=True)
        time.sleep(0.005)  # lets the other one in: who waits for SQLite's lock looks only now and then


if __name__ == "__main__":
    append(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
