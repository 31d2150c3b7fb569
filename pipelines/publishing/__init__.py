"""Makes an edition's published files, with disclosure control and its attacker."""
