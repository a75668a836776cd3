"""Containers, volumes and tolerations, as pods and pod templates are described."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quizgame.cluster.objects import dig
from quizgame.goflags.quoting import quote
from quizgame.tools.kubectl.ages import long_date
from quizgame.tools.kubectl.describe.writer import NONE, UNSET, Page
from quizgame.tools.kubectl.formats.tree import Path
from quizgame.tools.pod.environment import pod_field

# Source for this file: kubectl pkg/describe/describe.go describeContainers, describeVolumes and what they call.


def write_containers(
    page: Page,
    title: str,
    containers: Sequence[Mapping[str, Any]],
    statuses: Sequence[Mapping[str, Any]],
    path: Path,
    *,
    of_template: bool = False,
) -> None:
    """Write containers under a title.

    Args:
        page: The description.
        title: ``Containers`` or ``Init Containers``.
        containers: From the spec.
        statuses: From the status; empty for a template.
        path: Where the containers stand in the object.
        of_template: Whether they belong to a template, which is indented further.
    """
    space = "  " if of_template else ""
    by_name = {status["name"]: status for status in statuses}
    page.write(0, f"{space}{title}:{'' if containers else ' <none>'}")
    for place, container in enumerate(containers):
        status = by_name.get(container["name"])
        _basics(page, container, status, (*path, place), " " if of_template else "")
        for key, heading in (("command", "Command"), ("args", "Args")):
            _words(page, heading, container.get(key) or ())
        if status is not None:
            _state(page, "State", status.get("state") or {})
            if dig(status, "lastState", "terminated"):
                _state(page, "Last State", status["lastState"])
            page.write(2, f"Ready:\t{bool(status.get('ready'))}")
            page.write(2, f"Restart Count:\t{status.get('restartCount', 0)}")
        _resources(page, container.get("resources") or {})
        for key, heading in (
            ("livenessProbe", "Liveness"),
            ("readinessProbe", "Readiness"),
            ("startupProbe", "Startup"),
        ):
            if container.get(key):
                page.write(2, f"{heading}:\t{_probe(container[key])}")
        _environment(page, container, of_template=of_template)
        _mounts(page, container.get("volumeMounts") or ())


def _basics(
    page: Page, container: Mapping[str, Any], status: Mapping[str, Any] | None, path: Path, indent: str
) -> None:
    page.write(1, f"{indent}{container['name']}:")
    if status is not None:
        page.write(2, f"Container ID:\t{status.get('containerID', '')}")
    page.field(2, "Image", container.get("image", ""), (*path, "image"))
    if status is not None:
        page.write(2, f"Image ID:\t{status.get('imageID', '')}")
    ports = container.get("ports") or ()
    for key, title in (("containerPort", "Port"), ("hostPort", "Host Port")):
        shown = ", ".join(_port(port, key) for port in ports)
        page.write(2, f"{title}{'s' if ',' in shown else ''}:\t{shown or NONE}")
    profile = dig(container, "securityContext", "seccompProfile", "type")
    if profile:
        page.write(2, f"SeccompProfile:\t{profile}")


def _port(port: Mapping[str, Any], key: str) -> str:
    text = f"{port.get(key, 0)}/{port.get('protocol', 'TCP')}"
    return f"{text} ({port['name']})" if port.get("name") else text


def _words(page: Page, title: str, words: Sequence[str]) -> None:
    if words:
        page.write(2, f"{title}:")
        for word in words:
            for line in str(word).split("\n"):
                page.write(3, line)


def _state(page: Page, title: str, state: Mapping[str, Any]) -> None:
    running, terminated, waiting = state.get("running"), state.get("terminated"), state.get("waiting")
    if running is not None:
        page.write(2, f"{title}:\tRunning")
        page.write(3, f"Started:\t{long_date(running.get('startedAt'))}")
    elif terminated is not None:
        page.write(2, f"{title}:\tTerminated")
        for key, heading in (("reason", "Reason"), ("message", "Message")):
            if terminated.get(key):
                page.write(3, f"{heading}:\t{terminated[key]}")
        page.write(3, f"Exit Code:\t{terminated.get('exitCode', 0)}")
        if terminated.get("signal"):
            page.write(3, f"Signal:\t{terminated['signal']}")
        page.write(3, f"Started:\t{long_date(terminated.get('startedAt'))}")
        page.write(3, f"Finished:\t{long_date(terminated.get('finishedAt'))}")
    else:
        page.write(2, f"{title}:\tWaiting")
        if (waiting or {}).get("reason"):
            page.write(3, f"Reason:\t{(waiting or {})['reason']}")


def _resources(page: Page, resources: Mapping[str, Any]) -> None:
    for key, title in (("limits", "Limits"), ("requests", "Requests")):
        amounts = resources.get(key) or {}
        if amounts:
            page.write(2, f"{title}:")
            for name in sorted(amounts):
                page.write(3, f"{name}:\t{amounts[name]}")


def _probe(probe: Mapping[str, Any]) -> str:
    attributes = (
        f"delay={probe.get('initialDelaySeconds', 0)}s timeout={probe.get('timeoutSeconds', 1)}s "
        f"period={probe.get('periodSeconds', 10)}s #success={probe.get('successThreshold', 1)} "
        f"#failure={probe.get('failureThreshold', 3)}"
    )
    if "exec" in probe:
        return f"exec [{' '.join(probe['exec'].get('command') or ())}] {attributes}"
    if "httpGet" in probe:
        get = probe["httpGet"]
        path = str(get.get("path", "")) if str(get.get("path", "")).startswith("/") else f"/{get.get('path', '')}"
        scheme = str(get.get("scheme", "HTTP")).lower()
        return f"http-get {scheme}://{get.get('host', '')}:{get.get('port')}{path} {attributes}"
    if "tcpSocket" in probe:
        return f"tcp-socket {probe['tcpSocket'].get('host', '')}:{probe['tcpSocket'].get('port')} {attributes}"
    if "grpc" in probe:
        return f"grpc <pod>:{probe['grpc'].get('port')} {probe['grpc'].get('service', '')} {attributes}"
    return f"unknown {attributes}"


def _environment(page: Page, container: Mapping[str, Any], *, of_template: bool) -> None:
    sources = container.get("envFrom") or ()
    if sources:
        page.write(2, "Environment Variables from:")
    for source in sources:
        kind, reference = (
            ("ConfigMap", source.get("configMapRef"))
            if "configMapRef" in source
            else ("Secret", source.get("secretRef"))
        )
        prefix = f" with prefix '{source['prefix']}'" if source.get("prefix") else ""
        optional = str(bool((reference or {}).get("optional"))).lower()
        page.write(3, f"{(reference or {}).get('name', '')}\t{kind}{prefix}\tOptional: {optional}")
    variables = container.get("env") or ()
    page.write(2, "Environment:" if variables else f"Environment:\t{NONE}")
    for variable in variables:
        _variable(page, container, variable, of_template=of_template)


def _variable(page: Page, container: Mapping[str, Any], variable: Mapping[str, Any], *, of_template: bool) -> None:
    name, source = variable["name"], variable.get("valueFrom")
    if source is None:
        first, *more = str(variable.get("value", "")).split("\n")
        page.write(3, f"{name}:\t{first}")
        for line in more:
            page.write(3, f"\t{line}")
        return
    if "fieldRef" in source:
        path = source["fieldRef"].get("fieldPath", "")
        value = "" if of_template or not path.startswith("metadata.") else pod_field(page.node, path)
        page.write(3, f"{name}:\t{value} ({source['fieldRef'].get('apiVersion', 'v1')}:{path})")
    elif "resourceFieldRef" in source:
        resource = source["resourceFieldRef"].get("resource", "")
        group, _, amount = resource.partition(".")
        value = dig(container, "resources", group, amount, default="")
        shown = value or ("node allocatable" if resource in ("limits.cpu", "limits.memory") else "0")
        page.write(3, f"{name}:\t{shown} ({resource})")
    else:
        for key, text in (("secretKeyRef", "in secret"), ("configMapKeyRef", "of config map")):
            if key in source:
                reference = source[key]
                optional = str(bool(reference.get("optional"))).lower()
                page.write(
                    3,
                    f"{name}:\t<set to the key '{reference['key']}' {text} "
                    f"'{reference['name']}'>\tOptional: {optional}",
                )


def _mounts(page: Page, mounts: Sequence[Mapping[str, Any]]) -> None:
    page.write(2, "Mounts:" if mounts else f"Mounts:\t{NONE}")
    for mount in sorted(mounts, key=lambda each: str(each["mountPath"])):
        flags = "ro" if mount.get("readOnly") else "rw"
        if mount.get("subPath"):
            flags += f",path={quote(mount['subPath'])}"
        page.write(3, f"{mount['mountPath']} from {mount['name']} ({flags})")


# ---------------------------------------------------------------- volumes


def write_volumes(page: Page, volumes: Sequence[Mapping[str, Any]], *, of_template: bool = False) -> None:
    """Write the volumes of a pod or template."""
    space = "  " if of_template else ""
    if not volumes:
        page.write(0, f"{space}Volumes:\t{NONE}")
        return
    page.write(0, f"{space}Volumes:")
    for volume in volumes:
        page.write(1, f"{' ' if of_template else ''}{volume['name']}:")
        for title, value in _volume(volume):
            page.write(2, f"{title}:\t{value}")


def _optional(source: Mapping[str, Any]) -> tuple[str, str]:
    return "Optional", str(bool(source.get("optional"))).lower()


def _volume(volume: Mapping[str, Any]) -> list[tuple[str, str]]:
    if "hostPath" in volume:
        source = volume["hostPath"]
        kind = "HostPath (bare host directory volume)"
        return [("Type", kind), ("Path", source.get("path", "")), ("HostPathType", source.get("type", ""))]
    if "emptyDir" in volume:
        source = volume["emptyDir"] or {}
        kind = "EmptyDir (a temporary directory that shares a pod's lifetime)"
        return [("Type", kind), ("Medium", source.get("medium", "")), ("SizeLimit", source.get("sizeLimit", UNSET))]
    if "secret" in volume:
        source = volume["secret"]
        kind = "Secret (a volume populated by a Secret)"
        return [("Type", kind), ("SecretName", source.get("secretName", "")), _optional(source)]
    if "configMap" in volume:
        source = volume["configMap"]
        kind = "ConfigMap (a volume populated by a ConfigMap)"
        return [("Type", kind), ("Name", source.get("name", "")), _optional(source)]
    if "persistentVolumeClaim" in volume:
        source = volume["persistentVolumeClaim"]
        kind = "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)"
        is_read_only = str(bool(source.get("readOnly"))).lower()
        return [("Type", kind), ("ClaimName", source.get("claimName", "")), ("ReadOnly", is_read_only)]
    if "projected" in volume:
        shown = [("Type", "Projected (a volume that contains injected data from multiple sources)")]
        for source in volume["projected"].get("sources") or ():
            shown += _projected(source)
        return shown
    return [("Type", f"{next((key for key in volume if key != 'name'), '')} (unknown)")]


def _projected(source: Mapping[str, Any]) -> list[tuple[str, str]]:
    if "secret" in source:
        return [("SecretName", source["secret"].get("name", "")), _optional(source["secret"])]
    if "downwardAPI" in source:
        return [("DownwardAPI", "true")]
    if "configMap" in source:
        return [("ConfigMapName", source["configMap"].get("name", "")), _optional(source["configMap"])]
    return [("TokenExpirationSeconds", str(dig(source, "serviceAccountToken", "expirationSeconds", default=3600)))]


def write_tolerations(page: Page, title: str, tolerations: Sequence[Mapping[str, Any]]) -> None:
    """Write the taints that are borne with."""
    page.rows(title, [_toleration(each) for each in sorted(tolerations, key=lambda each: str(each.get("key", "")))])


def _toleration(each: Mapping[str, Any]) -> str:
    text = str(each.get("key", ""))
    text += f"={each['value']}" if each.get("value") else ""
    text += f":{each['effect']}" if each.get("effect") else ""
    if each.get("operator") == "Exists" and not each.get("value"):
        text += " op=Exists" if text else "op=Exists"
    return f"{text} for {each['tolerationSeconds']}s" if each.get("tolerationSeconds") is not None else text


def write_template(page: Page, template: Mapping[str, Any]) -> None:
    """Write the pod template of a workload."""
    metadata, spec = template.get("metadata") or {}, template.get("spec") or {}
    path: Path = ("spec", "template", "spec")
    page.write(0, "Pod Template:")
    page.labels("  Labels", metadata.get("labels"), ("spec", "template", "metadata", "labels"))
    if metadata.get("annotations"):
        page.annotations("  Annotations", metadata["annotations"])
    if spec.get("serviceAccountName"):
        page.write(1, f"Service Account:\t{spec['serviceAccountName']}")
    if spec.get("initContainers"):
        write_containers(
            page, "Init Containers", spec["initContainers"], (), (*path, "initContainers"), of_template=True
        )
    write_containers(page, "Containers", spec.get("containers") or (), (), (*path, "containers"), of_template=True)
    write_volumes(page, spec.get("volumes") or (), of_template=True)
    if spec.get("priorityClassName"):
        page.write(1, f"Priority Class Name:\t{spec['priorityClassName']}")
    page.labels("  Node-Selectors", spec.get("nodeSelector"))
    write_tolerations(page, "  Tolerations", spec.get("tolerations") or ())
