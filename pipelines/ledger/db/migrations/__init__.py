"""Steps that bring an older ledger to the newest form; part of the package, so an installed program can upgrade."""
