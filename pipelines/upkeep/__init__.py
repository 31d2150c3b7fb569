"""Upkeep of a running house: backups, restores and drills, and the record of what the program did."""
