"""What PyInstaller must know: adapters and backends are imported by name. It finds this by an entry point."""

from pathlib import Path


def hook_dirs() -> list[str]:
    """Where the hooks lie."""
    return [str(Path(__file__).parent)]
