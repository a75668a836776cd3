"""Versions of the Cilium chart that the CLI knows. Source: golden cilium-cli/install-list-versions."""

from __future__ import annotations

from quizgame.tools.cilium.versions import DEFAULT_VERSION

_FAMILIES = (
    # Beginning of the version, newest and oldest last number; newest first.
    ("1.20.0-pre.", 3, 0), ("1.19.", 5, 0), ("1.19.0-rc.", 1, 0), ("1.19.0-pre.", 4, 0), ("1.18.", 11, 0),
    ("1.18.0-rc.", 1, 0), ("1.18.0-pre.", 3, 0), ("1.17.", 17, 0), ("1.17.0-rc.", 2, 0), ("1.17.0-pre.", 3, 0),
    ("1.16.", 19, 15), ("1.16.", 13, 0), ("1.16.0-rc.", 2, 0), ("1.16.0-pre.", 3, 0), ("1.15.", 19, 0),
    ("1.15.0-rc.", 1, 0), ("1.15.0-pre.", 3, 0), ("1.14.", 19, 0), ("1.14.0-snapshot.", 4, 0), ("1.14.0-rc.", 1, 0),
    ("1.13.", 18, 0), ("1.13.0-rc", 5, 0), ("1.12.", 19, 0), ("1.12.0-rc", 3, 0), ("1.11.", 20, 0),
    ("1.11.0-rc", 3, 0), ("1.10.", 20, 0), ("1.10.0-rc", 2, 0), ("1.9.", 18, 0), ("1.9.0-rc", 3, 0), ("1.8.", 13, 0),
    ("1.8.0-rc", 4, 1), ("1.7.", 16, 0), ("1.7.0-rc", 4, 3), ("1.6.", 12, 5),
)  # fmt: skip
_SIMULATED = ("1.18.", "1.19.")


def chart_versions() -> list[str]:
    """Every version, newest first, without ``v``."""
    return [f"{start}{number}" for start, newest, oldest in _FAMILIES for number in range(newest, oldest - 1, -1)]


def version_listing() -> str:
    """The lines of ``--list-versions``."""
    return "\n".join(
        f"v{version} (default)" if version == DEFAULT_VERSION else f"v{version}" for version in chart_versions()
    )


def is_simulated(version: str) -> bool:
    """Whether a cluster of this version can be simulated."""
    return version in chart_versions() and version.startswith(_SIMULATED) and "-" not in version
