"""``cilium hubble``. Source: reference cilium-cli, section 10."""

from __future__ import annotations

from quizgame.goflags.flagset import boolean, integer
from quizgame.tools.cilium.call import RELAY, UI, Call, CommandFailed, Sub
from quizgame.tools.cilium.helm import need_release, upgrade_values


def _enable(call: Call) -> None:
    need_release(call, "enable Hubble")
    upgrade_values(call, {
        "hubble.enabled": True,
        "hubble.relay.enabled": call.flags.is_on("relay"),
        "hubble.ui.enabled": call.flags.is_on("ui"),
    })  # fmt: skip


def _disable(call: Call) -> None:
    need_release(call, "disable Hubble")
    # The agents keep their flows: only what serves them to others is taken away.
    upgrade_values(call, {"hubble.relay.enabled": False, "hubble.ui.enabled": False})


def _need_service(call: Call, name: str) -> None:
    if call.api.find("services", name, call.namespace) is None:
        raise CommandFailed(
            f'Unable to port forward: failed to port forward: failed to get service "{name}": '
            f'services "{name}" not found'
        )


def _port_forward(call: Call) -> None:
    _need_service(call, RELAY)
    call.say(f"ℹ️  Hubble Relay is available at 127.0.0.1:{call.flags.number('port-forward')}")


def _ui(call: Call) -> None:
    _need_service(call, UI)
    url = f'"http://localhost:{call.flags.number("port-forward")}"'
    if call.flags.is_on("open-browser"):
        call.say(f"ℹ️  Opening {url} in your browser...")
    else:
        call.say(f"ℹ️  Hubble UI is available at {url}")


COMMANDS = (
    Sub("hubble enable", "enable", "Turn Hubble on with Helm", _enable, lambda: [
        boolean("relay", "Deploy Hubble Relay", default=True),
        boolean("ui", "Deploy the Hubble UI"),
    ]),
    Sub("hubble disable", "disable", "Turn Hubble off with Helm", _disable),
    Sub("hubble port-forward", "port-forward", "Forward Relay's port to this machine", _port_forward, lambda: [
        integer("port-forward", "Local port; 0 takes a free one", default=4245),
    ]),
    Sub("hubble ui", "ui", "Open the Hubble UI", _ui, lambda: [
        boolean("open-browser", "Open a browser; with false only the address is printed", default=True),
        integer("port-forward", "Local port; 0 takes a free one", default=12000),
    ]),
)  # fmt: skip
