"""For all tests."""

from hypothesis import settings

# A busy machine is no failure: examples are judged by their result, not by how long they took.
settings.register_profile("project", deadline=None)
settings.load_profile("project")
