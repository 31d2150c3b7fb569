"""Pure functions from counts to expectation, interval and spike: no database, no web, no clock."""
