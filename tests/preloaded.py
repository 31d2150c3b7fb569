"""What every command reads before it begins and no test changes: read once by the process the others are forked from."""

from pipelines.cli.app import HELP, load_command
from pipelines.core.catalogue import indicators, tables
from pipelines.published import questions

for name in HELP:
    load_command(name)
indicators.catalogue()
tables.tables()
for path in questions.QUERIES.glob("*.sql"):
    questions.question(path.stem)
