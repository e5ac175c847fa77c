"""Writes the package of a new venue: `template`, under other names."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from futures_async.unified.errors import InvalidRequest
from futures_async.unified.installed import adapters

TEMPLATE = Path(__file__).parent / "template"
PACKAGE = "futures_async.testing.template.newvenue"


def new_venue(name: str, into: Path) -> list[Path]:
    """Write a distribution that holds an adapter for `name`, its simulated side and its tests.

    Args:
        name: The adapter's id, such as `some-venue`.
        into: The folder in which a folder of that name is made.

    Returns:
        The files, in the order in which one reads them.

    Raises:
        InvalidRequest: No id, an id that is taken, or a folder that is there already.
    """
    module = name.replace("-", "_")
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or keyword.iskeyword(module) or module == "tests":
        raise InvalidRequest(f"a venue's id is lower-case letters, digits and single hyphens, not {name[:40]!r}")
    if name in adapters():
        raise InvalidRequest(f"there is an adapter {name} already")
    home = into / name
    if home.exists():
        raise InvalidRequest(f"{home} is there already")
    title = "".join(part.capitalize() for part in name.split("-"))
    places = {
        "project.toml": Path("pyproject.toml"),
        "PAGE.md": Path("README.md"),
        **{f"answers/{file}": Path("answers") / file for file in ("SOURCES.md", "balances.json")},
        **{
            f"newvenue/{file}.py": Path(module) / f"{file}.py"
            for file in ("__init__", "endpoints", "wire", "dialect", "mapping", "client", "simulated")
        },
        **{f"checks/{file}.py": Path("tests") / f"{file}.py" for file in ("test_answers", "test_contract")},
    }
    written: list[Path] = []
    for source, place in places.items():
        text = (TEMPLATE / source).read_text(encoding="utf-8")
        text = text.replace(PACKAGE, module).replace('packages = ["newvenue"]', f'packages = ["{module}"]')
        text = text.replace("NewVenue", title).replace("newvenue", name)
        path = home / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written
