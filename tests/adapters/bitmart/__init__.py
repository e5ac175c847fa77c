"""BitMart."""
