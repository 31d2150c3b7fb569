"""`python -m tests.bench NAME [--small]`: a table for people and, as its last line, one JSON object."""

import argparse
import importlib
import json
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

NAMES = (
    *("stages", "detect", "detect_rows", "detect_sources", "claims", "ingest", "day", "forecast", "disclosure"),
    *("notices", "load", "pages", "counts"),
)


def main() -> None:
    """Run one benchmark by name."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--small", action="store_true", help="a short form, within a minute")
    parser.add_argument("--seeds", type=int, nargs="*", help="detect, forecast: which cities and simulations")
    parser.add_argument("--tracks", nargs="*", help="forecast: which of its tracks")
    arguments = parser.parse_args()
    options = {name: tuple(value) for name in ("seeds", "tracks") if (value := getattr(arguments, name))}
    answer = importlib.import_module(f"tests.bench.{arguments.name}").run(small=arguments.small, **options)
    print(json.dumps(answer, ensure_ascii=False))


if __name__ == "__main__":
    main()
