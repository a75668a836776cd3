"""Each component, each way in which it fails: what goes on, what stops, and where it shows.

Expectations: facts F-03, F-08, F-11 to F-18, F-113 and facts.md, table of disagreements (14); cilium/cilium v1.19
Documentation/overview/component-overview.rst, internals/cilium_operator.rst, operations/upgrade.rst. The components of
a mesh: tests/mesh/test_mesh_breaks.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.architecture import whole as ask

if TYPE_CHECKING:
    from tests.architecture.whole import Probe, Site

EVERYTHING: tuple[Probe, ...] = (
    ask.by_address, ask.by_service, ask.by_name, ask.by_guarded_name, ask.l7, ask.l4, ask.new_pod,
    ask.new_pod_elsewhere, ask.new_service, ask.new_policy, ask.new_policy_at_client, ask.new_node,
    ask.external_address, ask.collection, ask.all_flows, ask.own_flows, ask.ui, ask.agent_answers,
)  # fmt: skip
AGENT = "k8s-app=cilium"


@dataclass(frozen=True)
class Failure:
    """One way in which one component fails."""

    component: str
    way: str
    happens: Callable[[Site], None]
    stops: tuple[Probe, ...] = ()
    """What no longer works; everything else goes on."""
    shows: tuple[tuple[str, str], ...] = ()
    """Command and what it prints."""
    heals: Callable[[Site], None] | None = None
    """What ends it."""

    def __str__(self) -> str:
        return f"{self.component}-{self.way}"


FAILURES = (
    Failure("nothing", "fails", lambda site: None, shows=(("cilium status", "Operator:"),)),
    Failure(
        "agent", "down", lambda site: site.agent_down("kind-worker"),
        stops=(ask.by_guarded_name, ask.new_pod, ask.new_service, ask.new_policy_at_client, ask.own_flows,
               ask.agent_answers),
        shows=(("kubectl -n kube-system get pods -l k8s-app=cilium", "0/1     CrashLoopBackOff"),
               ("cilium status", "Ready: 2/3"),
               ("kubectl -n kube-system get daemonset cilium", "2  ")),
    ),
    Failure(
        "agent", "restarts", lambda site: site.restart(AGENT),
        shows=(("kubectl -n kube-system get pods -l k8s-app=cilium", "1/1     Running"),),
    ),
    Failure(
        "agent", "is-cut-off", lambda site: site.cut_off("kind-worker"),
        stops=(ask.new_pod, ask.new_service, ask.new_policy_at_client),
        shows=(("cilium status", "dial tcp 172.18.0.2:6443: i/o timeout"),),
        heals=lambda site: site.heal(),
    ),
    Failure(
        "operator", "down", lambda site: site.scale("cilium-operator", 0),
        stops=(ask.new_node, ask.external_address, ask.collection),
        shows=(("cilium status", "Operator:"), ("kubectl -n kube-system get deployment cilium-operator", "0/0")),
        heals=lambda site: site.scale("cilium-operator", 1),
    ),
    Failure(
        "operator", "restarts", lambda site: site.restart("io.cilium/app=operator"),
        shows=(("kubectl -n kube-system get deployment cilium-operator", "1/1"),),
    ),
    Failure(
        "envoy", "down", lambda site: site.envoy_down(), stops=(ask.l7,),
        shows=(("kubectl -n kube-system get daemonset cilium-envoy", "0  "),),
    ),
    Failure(
        "envoy", "restarts", lambda site: site.restart("k8s-app=cilium-envoy"),
        shows=(("cilium status", "Envoy DaemonSet:"),),
    ),
    Failure(
        "coredns", "down", lambda site: site.scale("coredns", 0), stops=(ask.by_name, ask.by_guarded_name),
        shows=(("kubectl -n kube-system get deployment coredns", "0/0"),
               ("kubectl exec client -- curl -m 4 web", "Could not resolve host: web")),
        heals=lambda site: site.scale("coredns", 2),
    ),
    Failure(
        "relay", "down", lambda site: site.scale("hubble-relay", 0), stops=(ask.all_flows,),
        shows=(("hubble observe", "connection refused"), ("cilium status", "Hubble Relay:")),
    ),
    Failure(
        "relay", "restarts", lambda site: site.restart("k8s-app=hubble-relay"),
        shows=(("hubble status", "Connected Nodes: 3/3"),),
    ),
    Failure(
        "ui", "down", lambda site: site.scale("hubble-ui", 0), stops=(ask.ui,),
        shows=(("kubectl -n kube-system get deployment hubble-ui", "0/0"),),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def broken(whole: Site) -> Callable[[Failure], Site]:
    """The world after a failure; made once."""
    made: dict[str, Site] = {}

    def after(failure: Failure) -> Site:
        if str(failure) not in made:
            site = made[str(failure)] = whole.fork()
            failure.happens(site)
        return made[str(failure)].fork()

    return after


ROWS = [(failure, probe) for failure in FAILURES for probe in EVERYTHING]


@pytest.mark.parametrize(("failure", "probe"), ROWS, ids=[f"{failure}-{probe.__name__}" for failure, probe in ROWS])
def test_what_goes_on_and_what_stops(broken: Callable[[Failure], Site], failure: Failure, probe: Probe) -> None:
    assert probe(broken(failure)) is (probe not in failure.stops), probe.__doc__


@pytest.mark.parametrize("failure", FAILURES, ids=str)
def test_where_it_shows(broken: Callable[[Failure], Site], failure: Failure) -> None:
    site = broken(failure)
    for command, text in failure.shows:
        assert text in site.run(command), command


HEALED = [(failure, probe) for failure in FAILURES if failure.heals is not None for probe in EVERYTHING]


@pytest.mark.parametrize(("failure", "probe"), HEALED, ids=[f"{failure}-{probe.__name__}" for failure, probe in HEALED])
def test_everything_works_again(broken: Callable[[Failure], Site], failure: Failure, probe: Probe) -> None:
    site = broken(failure)
    assert failure.heals is not None
    failure.heals(site)
    assert probe(site), probe.__doc__
