"""All that is imported by name, or when first used: adapters with their simulated sides, backends, streams."""

from PyInstaller.utils.hooks import collect_entry_point, collect_submodules, copy_metadata


def wanted(name: str) -> bool:
    """All but what needs libraries of its own that may be missing, which is imported where they are there."""
    return not name.startswith(("futures_async.adapters._pyinstaller", "futures_async.simulator.pytest_plugin"))


hiddenimports = collect_submodules("futures_async", filter=wanted, on_error="ignore")
datas, others = collect_entry_point("futures_async.adapters")
datas += copy_metadata("futures-async")
hiddenimports += others
