"""The HTTP server: bounded queue and connections, deadlines for slow clients, 503 under overload."""
