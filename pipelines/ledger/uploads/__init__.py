"""Files that people sent and what they decided about submissions."""
