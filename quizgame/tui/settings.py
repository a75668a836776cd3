"""What the app remembers of its user: the theme, and the day of the exam."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

FILE_NAME = "settings.json"


@dataclass(frozen=True, slots=True)
class Settings:
    """A user's settings."""

    theme: str | None = None
    """Name of the theme; ``None`` where none was chosen."""
    exam_day: str | None = None
    """The day of the exam as ISO 8601 writes it; ``None`` where none was chosen."""


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
    known = data if isinstance(data, dict) else {}
    values = {name: known.get(name) for name in ("theme", "exam_day")}
    return Settings(**{name: value for name, value in values.items() if isinstance(value, str)})


def save_settings(folder: Path, settings: Settings) -> None:
    """Write the settings, whole or not at all.

    Raises:
        OSError: The folder cannot be written to.
    """
    import json

    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{FILE_NAME}.new"
    chosen = {name: value for name, value in asdict(settings).items() if value is not None}
    new.write_text(json.dumps(chosen, indent=2) + "\n", encoding="utf-8")
    new.replace(folder / FILE_NAME)
