"""Hostile bytes: whatever a venue answers, the caller gets a model with finite numbers or an error of this library."""
