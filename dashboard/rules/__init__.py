"""Rules and their decisions as pages show them."""
