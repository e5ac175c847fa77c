"""Print what `pip install 'futures-async[all]'` brings along, one requirement a line; or, with an argument, nothing but
the platforms on which that must need no compiler."""

import sys
import tomllib
from collections.abc import Iterator

from packaging.requirements import Requirement

PLATFORMS = (
    "--platform manylinux_2_17_x86_64 --platform manylinux_2_28_x86_64",
    "--platform manylinux_2_17_aarch64 --platform manylinux_2_28_aarch64",
    "--platform musllinux_1_2_x86_64",
    "--platform macosx_11_0_arm64",
    "--platform win_amd64",
)


def flat(project: dict, requirements: list[str]) -> Iterator[str]:
    for requirement in map(Requirement, requirements):
        if requirement.name == project["name"]:  # an extra that consists of others
            for extra in sorted(requirement.extras):
                yield from flat(project, project["optional-dependencies"][extra])
        else:
            yield str(requirement)


if len(sys.argv) > 2:
    print("\n".join(PLATFORMS))
else:
    with open(sys.argv[1], "rb") as file:
        project = tomllib.load(file)["project"]
    print("\n".join(sorted({*project["dependencies"], *flat(project, [f"{project['name']}[all]"])})))
