"""Who may sign in: accounts, passwords, links, sessions."""
