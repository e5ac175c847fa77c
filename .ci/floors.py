"""Print the lowest version that pyproject.toml allows of everything that the tests run with, one pin a line."""

import sys
import tomllib
from collections.abc import Iterator

from packaging.requirements import Requirement


def floors(project: dict, requirements: list[str]) -> Iterator[str]:
    for requirement in map(Requirement, requirements):
        if requirement.name == project["name"]:  # an extra that consists of others
            for extra in sorted(requirement.extras):
                yield from floors(project, project["optional-dependencies"][extra])
            continue
        bounds = [bound.version for bound in requirement.specifier if bound.operator == ">="]
        if len(bounds) != 1:
            sys.exit(f"{requirement}: a dependency states one lower bound, as >=")
        extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
        yield f"{requirement.name}{extras}=={bounds[0]}"


with open(sys.argv[1], "rb") as file:
    project = tomllib.load(file)["project"]
print("\n".join(sorted({*floors(project, project["dependencies"]), *floors(project, [f"{project['name']}[tests]"])})))
