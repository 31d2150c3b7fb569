"""From bytes to rows: encodings, archives, workbooks, header and rows that hold no data."""
