"""Parts that pages are made of: cards, tables, tags, sparklines."""
