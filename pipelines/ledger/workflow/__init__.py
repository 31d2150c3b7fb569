"""What people do about warnings and rules: steps, acknowledgements, measures."""
