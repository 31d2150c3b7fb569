"""Reads published editions under a viewer's scope."""
