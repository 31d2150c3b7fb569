"""What exists: indicators by the headers of their SQL, and what each kind of rule needs."""
