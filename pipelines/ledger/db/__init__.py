"""How the ledger is stored: tables, migrations, engines."""
