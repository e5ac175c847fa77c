"""The tests of a new venue's package."""
