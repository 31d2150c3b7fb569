"""Is this one file well-formed, and how is it mended: parsing, validation, error report, templates."""
