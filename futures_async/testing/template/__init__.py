"""What `futures-async new-venue` writes, with other names: a venue of which one list can be read."""
