"""Keeping the system well: schedule, watch, doctor, backup, restore, drill."""
