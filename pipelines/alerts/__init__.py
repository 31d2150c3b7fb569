"""Warnings: rules and their life on the machine's side, whom they concern, and what those people are told."""
