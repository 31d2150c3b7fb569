"""Who is told of what by mail, when and why."""
