"""The policy of one endpoint, as an agent realizes it: a snapshot that later changes leave alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quizgame.policy.decision import Decision, MapEntry, Redirect
from quizgame.policy.map_entries import map_entries
from quizgame.policy.map_state import MapState
from quizgame.policy.model import Direction, PolicyKey


@dataclass(frozen=True, slots=True, eq=False)
class EndpointPolicy:
    """Both directions of an endpoint's policy."""

    identity: int
    revision: int
    """Of the repository, when this was computed."""
    ingress: MapState
    egress: MapState
    policies: tuple[PolicyKey, ...]
    """The policies that select the endpoint, sorted."""
    slots: Mapping[int, int]

    @property
    def ingress_enforced(self) -> bool:
        """Whether what no rule allows in is denied."""
        return self.ingress.posture.enforced

    @property
    def egress_enforced(self) -> bool:
        """Whether what no rule allows out is denied."""
        return self.egress.posture.enforced

    def enabled(self, direction: Direction) -> bool:
        """Say whether policy has a say in a direction, which need not mean default deny."""
        return self.state(direction).posture.enabled

    def state(self, direction: Direction) -> MapState:
        """Return one direction."""
        return self.ingress if direction is Direction.INGRESS else self.egress

    def lookup(self, direction: Direction, peer: int, port: int, protocol: int) -> Decision:
        """Return what the policy says of a flow.

        Args:
            direction: Seen from the endpoint.
            peer: The numeric identity at the other end; an unknown one is matched by wildcards alone.
            port: The destination port; for ICMP the type.
            protocol: The IP protocol number.
        """
        state = self.ingress if direction is Direction.INGRESS else self.egress
        return state.lookup(peer, port, protocol)

    def entries(self) -> list[MapEntry]:
        """Return the rows of the policy map, ingress first."""
        return [*map_entries(self.ingress, self.slots), *map_entries(self.egress, self.slots)]

    def redirects(self) -> list[Redirect]:
        """Return the proxies that traffic is sent to, each once, sorted."""
        found = {
            redirect
            for state in (self.ingress, self.egress)
            if state.posture.proxy
            for item in state.items
            if (redirect := item.redirect) is not None
        }
        return sorted(found)
