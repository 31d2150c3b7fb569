"""Editions: what is made public of the warehouse, and the one door through which it is read."""
