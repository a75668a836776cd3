"""What the command needs from the world around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from quizgame.hubble.masks import MASK_REPAIRED

if TYPE_CHECKING:
    from quizgame.hubble.source import FlowSource


@dataclass(frozen=True, slots=True)
class HubbleEnvironment:
    """The command's surroundings."""

    now_ns: Callable[[], int]
    """The clock, in nanoseconds since the epoch."""
    connect: Callable[[str], FlowSource]
    """Gives the server at an address as typed, ``localhost:4245``; raises `source.RpcError`."""
    open_file: Callable[[str], BinaryIO]
    """Opens a file to read; raises `OSError`."""
    stdin: BinaryIO
    forward: Callable[[str, str], FlowSource] | None = None
    """Gives the Relay of a kubeconfig context (empty: the current one) and a namespace through a forwarded port, as
    ``--port-forward`` does; raises ``CommandFailure``. ``None``: there is no kubeconfig."""
    write_file: Callable[[str, str], None] | None = None
    """Writes a text to a path, whose folder it makes; raises ``OSError``. ``None``: nothing can be written."""
    environ: Mapping[str, str] = field(default_factory=dict)
    is_terminal: bool = False
    """Whether stdout is one; colours depend on it."""
    default_field_mask: tuple[str, ...] = MASK_REPAIRED
    """What compact, dict and table ask a server for; `masks.MASK_1_19_4` for a tool that loses fields."""
    version: str = "v1.19.4"
    build: str = "@HEAD-75d3a68 compiled with go1.26.5 on linux/amd64"
    """What ``hubble version`` prints after the version."""
