"""What every command reads before it begins and no test changes: read once by the process the others are forked from."""

from pipelines.commands import HELP, load_command
from pipelines.warehouse import catalogue, tables

for name in HELP:
    load_command(name)
catalogue.catalogue()
tables._defined_columns()
