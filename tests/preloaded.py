"""What every command reads before it begins and no test changes: read once by the process the others are forked from."""

from pipelines.warehouse import catalogue, tables

catalogue.catalogue()
tables._defined_columns()
