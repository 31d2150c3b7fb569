"""Findings of rules and the warnings they make, edition by edition."""
