"""What the app remembers of a user's taste: the theme."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

FILE_NAME = "settings.json"


@dataclass(frozen=True, slots=True)
class Settings:
    """A user's settings."""

    theme: str | None = None
    """Name of the theme; ``None`` where none was chosen."""


def load_settings(folder: Path) -> Settings:
    """Read the settings of this folder; a file that is missing or makes no sense gives the defaults."""
    try:
        text = (folder / FILE_NAME).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return Settings()
    import json  # 5 ms that the first paint feels

    try:
        data = json.loads(text)
    except ValueError:
        return Settings()
    theme = data.get("theme") if isinstance(data, dict) else None
    return Settings(theme if isinstance(theme, str) else None)


def save_settings(folder: Path, settings: Settings) -> None:
    """Write the settings, whole or not at all.

    Raises:
        OSError: The folder cannot be written to.
    """
    import json

    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{FILE_NAME}.new"
    new.write_text(json.dumps(asdict(settings), indent=2) + "\n", encoding="utf-8")
    new.replace(folder / FILE_NAME)
