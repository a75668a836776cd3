"""Events in the form of group ``events.k8s.io``."""

from __future__ import annotations

from quizgame.cluster.objects import KubeObject


def event_view(event: KubeObject) -> KubeObject:
    """A core event as group ``events.k8s.io`` shows it."""
    # Source: kubernetes pkg/apis/events/v1/conversion.go
    renamed = {
        "regarding": event.get("involvedObject"),
        "note": event.get("message"),
        "reportingController": event.get("reportingComponent"),
        "deprecatedSource": event.get("source"),
        "deprecatedFirstTimestamp": event.get("firstTimestamp"),
        "deprecatedLastTimestamp": event.get("lastTimestamp"),
        "deprecatedCount": event.get("count"),
    }
    kept = ("metadata", "type", "reason", "eventTime", "reportingInstance", "action", "series", "related")
    shown = {key: event[key] for key in kept if key in event}
    return {"apiVersion": "events.k8s.io/v1", "kind": "Event", **shown, **renamed}
