"""What people do about a warning, as pages show and take it."""
