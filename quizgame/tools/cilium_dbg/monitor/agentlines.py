"""What an agent tells of itself, as the monitor prints it.

Source: cilium/cilium v1.19 pkg/monitor/api/types.go (AgentNotify: names, fields and their order).
"""

from __future__ import annotations

from typing import Any

from quizgame.cluster.agent.notices import AgentNotice, NoticeType
from quizgame.goflags.times import RFC3339_NANO, format_time
from quizgame.tools.cilium_dbg.monitor.jsonlines import dump

_NAMES = {
    NoticeType.AGENT_STARTED: "Cilium agent started",
    NoticeType.POLICY_UPDATED: "Policy updated",
    NoticeType.POLICY_DELETED: "Policy deleted",
    NoticeType.ENDPOINT_REGENERATE_SUCCESS: "Endpoint regenerated",
    NoticeType.ENDPOINT_CREATED: "Endpoint created",
    NoticeType.ENDPOINT_DELETED: "Endpoint deleted",
    NoticeType.IPCACHE_UPSERTED: "IPCache entry upserted",
    NoticeType.IPCACHE_DELETED: "IPCache entry deleted",
}


def notice_line(notice: AgentNotice, *, as_json: bool) -> str:
    """The line of a notice.

    Args:
        notice: The notice.
        as_json: ``-j``.
    """
    name, message = _NAMES[notice.type], dump(_message(notice))
    if as_json:
        return f'{{"type":"agent","subtype":"{name}","message":{message}}}'
    return f">> {name}: {message}"


def _message(notice: AgentNotice) -> dict[str, Any]:
    match notice.type:
        case NoticeType.AGENT_STARTED:
            return {"time": format_time(notice.time_ns, RFC3339_NANO)}
        case NoticeType.POLICY_UPDATED | NoticeType.POLICY_DELETED:
            fields = {"labels": list(notice.labels), "revision": notice.revision}
            return {**_present(fields), "rule_count": notice.rule_count}
        case NoticeType.IPCACHE_UPSERTED | NoticeType.IPCACHE_DELETED:
            return _address(notice)
    return _present(
        {
            "id": notice.endpoint_id,
            "labels": list(notice.labels),
            "pod-name": notice.pod,
            "namespace": notice.namespace,
        }
    )


def _address(notice: AgentNotice) -> dict[str, Any]:
    told: dict[str, Any] = {"cidr": notice.cidr, "id": notice.identity}
    if notice.old_identity is not None:
        told["old-id"] = notice.old_identity
    told |= _present({"host-ip": notice.host_ip, "old-host-ip": notice.old_host_ip})
    told["encrypt-key"] = notice.encrypt_key
    return told | _present({"namespace": notice.namespace, "pod-name": notice.pod})


def _present(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}
