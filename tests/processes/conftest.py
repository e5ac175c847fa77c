"""The PostgreSQL server of these tests."""

from tests.postgres_server import database, postgres_server

__all__ = ["database", "postgres_server"]
