"""The live map: clusters, nodes and pods, and what last became of the connections between them.

Pure functions of a picture. Every state has a sign and a word beside its colour.
"""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from quizgame.tui.meters import counted
from quizgame.tui.prose import plain
from quizgame.tui.scenario.ledger import BLANK, Entry, heading
from quizgame.tui.scenario.picture import (
    ClusterPicture,
    FlowPicture,
    MapPicture,
    NodePicture,
    PodPicture,
    verdict_is_good,
)

_MUTED = "$foreground-muted"
_VERDICTS: dict[str, tuple[str, str, str]] = {
    "FORWARDED": ("✓", "forwarded", "$text-success"),
    "REDIRECTED": ("✓", "redirected", "$text-success"),
    "DROPPED": ("✗", "dropped", "$text-error"),
    "ERROR": ("!", "error", "$text-error"),
    "AUDIT": ("?", "audit", "$text-warning"),
}
"""Verdict → sign, word, colour."""
BRIEF_FLOWS = 5
_STALE_S = 15
"""A flow of more seconds ago is shown with its age."""


def tree_entries(shown: MapPicture) -> Iterator[Entry]:
    """Clusters with their nodes and pods."""
    for number, cluster in enumerate(shown.clusters):
        if number:
            yield BLANK
        yield from _cluster(cluster)


def flow_entries(shown: MapPicture) -> Iterator[Entry]:
    """The last flows, each pair of peers once, with the reasons of their verdicts."""
    yield from _flows_heading(shown)
    for flow in shown.flows:
        yield from _flow(flow)


def brief_entries(shown: MapPicture) -> Iterator[Entry]:
    """Both in a narrow column: flows under the word for their verdict, those that failed first; then the clusters."""
    if not shown.flows:
        yield from _flows_heading(shown)
    for verdict in sorted({flow.verdict for flow in shown.flows}, key=lambda each: (verdict_is_good(each), each)):
        flows = [flow for flow in shown.flows if flow.verdict == verdict]
        _, word, style = _verdict(flows[0])
        yield Entry(
            Content.styled(word.capitalize(), f"bold {style}"),
            figure=Content.styled("the last minute", _MUTED),
            indent=0,
            is_cut=True,
        )
        yield from (_brief_flow(flow) for flow in flows[:BRIEF_FLOWS])
    yield BLANK
    yield from tree_entries(shown)


def _flows_heading(shown: MapPicture) -> Iterator[Entry]:
    yield heading("Flows", "the last minute")
    if not shown.flows:
        yield Entry(Content.styled("none", _MUTED), indent=0)


def _brief_flow(flow: FlowPicture) -> Entry:
    sign, _, style = _verdict(flow)
    port = f":{flow.port}" if flow.port else ""
    peers = Content.assemble(plain(flow.source), ("→", _MUTED), plain(flow.destination), (port, _MUTED))
    return Entry(peers, Content.styled(sign, f"bold {style}"), is_cut=True)


def _verdict(flow: FlowPicture) -> tuple[str, str, str]:
    return _VERDICTS.get(flow.verdict, ("·", flow.verdict.lower(), ""))


def _cluster(cluster: ClusterPicture) -> Iterator[Entry]:
    yield heading(plain(cluster.name), f"{plain(cluster.context)}{' · current' if cluster.is_current else ''}")
    for node in cluster.nodes:
        yield from _node(node)
    if cluster.waiting:
        yield Entry(Content.styled("on no node", "$text-warning"), Content.styled("!", "bold $text-warning"))
        yield from (_pod(pod) for pod in cluster.waiting)


def _node(node: NodePicture) -> Iterator[Entry]:
    is_fine = node.is_ready and node.agent == "agent ok"
    sign = Content.styled("▪", "$text-success") if is_fine else Content.styled("!", "bold $text-error")
    state = node.agent if node.is_ready else f"not ready · {node.agent}"
    yield Entry(
        Content.styled(plain(node.name), "bold"), sign, Content.styled(state, _MUTED if is_fine else "$text-error"),
        is_cut=True,
    )  # fmt: skip
    yield from (_pod(pod) for pod in node.pods)
    if node.system_pods:
        yield Entry(
            Content.styled(f"and {counted(node.system_pods, 'pod')} of the system", _MUTED), indent=4, is_cut=True
        )


def _pod(pod: PodPicture) -> Entry:
    is_fine = pod.is_ready or pod.status == "Succeeded"
    sign = Content.styled("  ●", "$text-success") if is_fine else Content.styled("  ○", "bold $text-warning")
    state = pod.ip if is_fine else pod.status if pod.status != "Running" else "not ready"
    name = Content.assemble((f"{plain(pod.namespace)}/", _MUTED), plain(pod.name))
    return Entry(name, sign, Content.styled(state, _MUTED if is_fine else "$text-warning"), indent=4, is_cut=True)


def _flow(flow: FlowPicture) -> Iterator[Entry]:
    sign, word, style = _verdict(flow)
    yield Entry(
        Content.assemble(plain(flow.source), (" → ", _MUTED), plain(flow.destination)),
        Content.styled(sign, f"bold {style}"),
        Content.styled(f"×{flow.count}", _MUTED),
        is_cut=True,
    )
    said = [f"{flow.port}/{flow.protocol}" if flow.port else flow.protocol]
    said += [plain(flow.reason)] if flow.reason else []
    said += [f"{round(flow.age_s)} s ago"] if flow.age_s > _STALE_S else []
    yield Entry(Content.assemble((word, style), (f" · {' · '.join(said)}", _MUTED)), is_cut=True)
