"""``cilium version`` and ``cilium context``. Source: reference cilium-cli, section 5."""

from __future__ import annotations

from quizgame.goflags.flagset import boolean
from quizgame.tools.cilium.call import Call, Sub
from quizgame.tools.cilium.helm import is_installed
from quizgame.tools.facts import fact

CLI_VERSION = "v0.19.7"
DEFAULT_VERSION = "1.19.5"
"""Version of the chart that the CLI carries."""
_BUILD = f"cilium-cli: {CLI_VERSION} compiled with go1.26.1 on linux/amd64"


def _version(call: Call) -> None:
    call.say(_BUILD)
    call.say(f"cilium image (default): v{DEFAULT_VERSION}")
    call.say(f"cilium image (stable): v{DEFAULT_VERSION}")
    if call.flags.is_on("client"):
        return
    if not is_installed(call):
        call.say(
            "cilium image (running): unknown. Unable to obtain cilium version. Reason: release: not found",
            (fact("component", cluster=call.context, name="cilium", status="not-installed"),),
        )
        return
    version = call.cluster.cilium_version
    call.say(
        f"cilium image (running): {version}",
        (fact("config", witnesses=(version,), cluster=call.context, key="cilium-version", value=version),),
    )


def _context(call: Call) -> None:
    name = call.context
    call.say(
        f"Context: {name}\nCluster: {name}\nAuth: {name}\nHost: https://127.0.0.1:6443\nTLS server name: \nCA path: "
    )


COMMANDS = (
    Sub(
        "version", "version", "Show versions", _version,
        lambda: [boolean("client", "Show the versions that need no cluster")],
        long="Shows the version of this program and of Cilium.",
    ),
    Sub("context", "context", "Show which cluster the commands talk to", _context),
)  # fmt: skip
