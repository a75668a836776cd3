"""The events at the end of a description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.cluster.objects import KubeObject, dig
from quizgame.tools.kubectl.ages import age
from quizgame.tools.kubectl.describe.writer import Page
from quizgame.tools.kubectl.shown import event_fact
from quizgame.tools.kubectl.tables.events import event_count, event_order, first_seen, last_seen


def events_about(page: Page) -> list[KubeObject]:
    """The events of the page's object, oldest first."""
    metadata = page.node["metadata"]
    namespace = metadata.get("namespace") or "default"
    found = [
        event
        for event in page.view.api.list("events", namespace)
        if dig(event, "involvedObject", "uid") == metadata.get("uid")
        and dig(event, "involvedObject", "name") == metadata["name"]
    ]
    return sorted(found, key=event_order)


def interval_of(event: Mapping[str, Any], now_ns: int) -> str:
    """``5s (x5 over 10s)``, or how long ago it happened once."""
    first = age(first_seen(event), now_ns)
    count = event_count(event)
    return f"{age(last_seen(event), now_ns)} (x{count} over {first})" if count > 1 else first


def write_events(page: Page) -> None:
    """Write the table of events, or that there are none."""
    # Source: kubectl pkg/describe DescribeEvents.
    events = events_about(page)
    if not events:
        page.write(0, "Events:\t<none>")
        return
    page.flush()
    page.write(0, "Events:\n  Type\tReason\tAge\tFrom\tMessage")
    page.write(1, "----\t------\t----\t----\t-------")
    for event in events:
        source = dig(event, "source", "component", default="") or event.get("reportingComponent", "")
        message = str(event.get("message", "")).strip()
        row = (event.get("type", ""), event.get("reason", ""), interval_of(event, page.now_ns), source, message)
        page.write(1, "\t".join(map(str, row)), [event_fact(page.view, event, (str(event.get("reason", "")),))])
