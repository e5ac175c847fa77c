"""A venue that nobody has heard of: written by following adapters/README.md, outside the project's packages."""

from tests.newcomer.acme.client import Acme as Acme
