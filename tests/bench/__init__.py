"""Benchmarks: figures against limits and peers, in one run on one machine (make bench)."""
