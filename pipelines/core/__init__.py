"""Words, settings and the region: what every floor stands on; imports nothing above it."""
