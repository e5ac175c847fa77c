"""A simulated exchange."""
