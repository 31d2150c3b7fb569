"""The application: pages' frame, sign-in, sessions, downloads, server."""
