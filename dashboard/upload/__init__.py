"""Sending a file in the browser: choice, check, answer."""
