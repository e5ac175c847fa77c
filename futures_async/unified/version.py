"""The version, in a module with nothing else in it, so that every wing can name it."""

__version__ = "0.1.0"
