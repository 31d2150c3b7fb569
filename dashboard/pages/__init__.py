"""The pages; adding one is adding a file with ``register()`` and ``layout()``."""
