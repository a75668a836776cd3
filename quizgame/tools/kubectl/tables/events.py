"""What the event tables say of an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.cluster.objects import dig
from quizgame.tools.kubectl.ages import age
from quizgame.tools.kubectl.tables.column import TableColumn, wide


def last_seen(event: Mapping[str, Any]) -> str | None:
    """The instant of the last occurrence."""
    found: str | None = (
        dig(event, "series", "lastObservedTime")
        or event.get("lastTimestamp")
        or event.get("firstTimestamp")
        or event.get("eventTime")
    )
    return found


def first_seen(event: Mapping[str, Any]) -> str | None:
    """The instant of the first occurrence."""
    found: str | None = event.get("firstTimestamp") or event.get("eventTime")
    return found


def event_order(event: Mapping[str, Any]) -> tuple[str, int]:
    """Sorts events as they happened; those of one second as they were written."""
    return str(last_seen(event)), int(event["metadata"].get("resourceVersion", 0))


def event_count(event: Mapping[str, Any]) -> int:
    """How often it occurred."""
    return int(dig(event, "series", "count", default=0) or event.get("count") or 1)


def involved(event: Mapping[str, Any]) -> str:
    """``pod/xwing``: what the event is about."""
    about = event.get("involvedObject") or {}
    return f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}"


def source(event: Mapping[str, Any]) -> str:
    """``kubelet, kind-worker``: who reported it and from where."""
    found = event.get("source") or {}
    component = found.get("component") or event.get("reportingComponent") or ""
    host = found.get("host") or event.get("reportingInstance") or ""
    return f"{component}, {host}" if host else str(component)


EVENT_COLUMNS = (
    TableColumn("LAST SEEN", lambda event, now: age(last_seen(event), now)),
    TableColumn("TYPE", lambda event, _now: str(event.get("type", ""))),
    TableColumn("REASON", lambda event, _now: str(event.get("reason", ""))),
    TableColumn("OBJECT", lambda event, _now: involved(event)),
    wide("SUBOBJECT", lambda event, _now: str(dig(event, "involvedObject", "fieldPath", default=""))),
    wide("SOURCE", lambda event, _now: source(event)),
    TableColumn("MESSAGE", lambda event, _now: str(event.get("message", "")).strip()),
    wide("FIRST SEEN", lambda event, now: age(first_seen(event), now)),
    wide("COUNT", lambda event, _now: str(event_count(event))),
    wide("NAME", lambda event, _now: str(event["metadata"]["name"])),
)
