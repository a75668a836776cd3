"""What a container finds at its start: environment variables and files."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.pods import is_host_network
from quizgame.cluster.objects import annotations_of, dig, labels_of
from quizgame.tools.facts import Fact, fact
from quizgame.tools.output import Line, lines

if TYPE_CHECKING:
    from quizgame.tools.pod.context import PodContext

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
# Source: kubernetes pkg/kubelet/kubelet_pods.go: the head of the hosts file that a kubelet writes.
_HOSTS = """# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
fe00::\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
"""


def hostname_of(context: PodContext) -> str:
    """What ``hostname`` says in the pod."""
    if is_host_network(context.pod):
        return context.node_name
    return str(dig(context.pod, "spec", "hostname", default=context.name))


def container_of(context: PodContext) -> Mapping[str, Any]:
    """The container's part of the pod's spec."""
    spec = context.pod.get("spec", {})
    for each in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
        if each["name"] == context.container:
            found: Mapping[str, Any] = each
            return found
    return {}


def environment_of(context: PodContext) -> dict[str, str]:
    """The container's environment, in the order in which ``env`` lists it."""
    # Source: kubernetes pkg/kubelet/kubelet_pods.go makeEnvironmentVariables: services first, then the container's own.
    environment = {"PATH": _PATH, "HOSTNAME": hostname_of(context)}
    environment |= _declared(context)
    environment |= {key: value for key, value in _service_variables(context).items() if key not in environment}
    environment["HOME"] = "/root"
    return environment


def _service_variables(context: PodContext) -> dict[str, str]:
    found: dict[str, str] = {}
    created = context.pod["metadata"].get("creationTimestamp", "")
    services = context.cluster.api.list("services", "default")
    own = context.cluster.api.list("services", context.namespace) if context.namespace != "default" else services
    wanted = [each for each in services if each["metadata"]["name"] == "kubernetes"]
    if dig(context.pod, "spec", "enableServiceLinks", default=True):
        wanted += [each for each in own if each["metadata"]["name"] != "kubernetes" or context.namespace != "default"]
    for service in wanted:
        address = dig(service, "spec", "clusterIP", default="")
        is_older = service["metadata"].get("creationTimestamp", "") <= created
        if address not in ("", "None") and is_older:
            found |= _variables_of(service, address)
    return found


def _variables_of(service: Mapping[str, Any], address: str) -> dict[str, str]:
    prefix = service["metadata"]["name"].upper().replace("-", "_")
    ports = dig(service, "spec", "ports", default=[])
    found = {f"{prefix}_SERVICE_HOST": address}
    if not ports:
        return found
    found[f"{prefix}_SERVICE_PORT"] = str(ports[0]["port"])
    for port in ports:
        if port.get("name"):
            found[f"{prefix}_SERVICE_PORT_{port['name'].upper().replace('-', '_')}"] = str(port["port"])
    for place, port in enumerate(ports):
        protocol = port.get("protocol", "TCP")
        url = f"{protocol.lower()}://{address}:{port['port']}"
        if not place:
            found[f"{prefix}_PORT"] = url
        head = f"{prefix}_PORT_{port['port']}_{protocol}"
        found |= {
            head: url,
            f"{head}_PROTO": protocol.lower(),
            f"{head}_PORT": str(port["port"]),
            f"{head}_ADDR": address,
        }
    return found


def _declared(context: PodContext) -> dict[str, str]:
    found: dict[str, str] = {}
    container = container_of(context)
    for source in container.get("envFrom") or ():
        for kind, reference in (("configmaps", source.get("configMapRef")), ("secrets", source.get("secretRef"))):
            if reference:
                for key, value in _data(context, kind, reference["name"]).items():
                    found[f"{source.get('prefix', '')}{key}"] = value
    for variable in container.get("env") or ():
        resolved = variable.get("value", "") if "valueFrom" not in variable else _from(context, variable["valueFrom"])
        if resolved is not None:
            found[variable["name"]] = resolved
    return found


def _from(context: PodContext, source: Mapping[str, Any]) -> str | None:
    if "fieldRef" in source:
        return pod_field(context.pod, source["fieldRef"].get("fieldPath", ""))
    for kind, key in (("configmaps", "configMapKeyRef"), ("secrets", "secretKeyRef")):
        if key in source:
            return _data(context, kind, source[key]["name"]).get(source[key]["key"])
    return ""


def pod_field(pod: Mapping[str, Any], path: str) -> str:
    """A field of a pod as the downward API gives it."""
    name, bracket, key = path.partition("['")
    if bracket:
        table = labels_of(pod) if name == "metadata.labels" else annotations_of(pod)
        return str(table.get(key.removesuffix("']"), ""))
    if path == "status.hostIP":
        return str(dig(pod, "status", "hostIP", default=""))
    return str(dig(pod, *path.split("."), default=""))


def _data(context: PodContext, kind: str, name: str) -> dict[str, str]:
    node = context.cluster.api.find(kind, name, context.namespace)
    if node is None:
        return {}
    data: dict[str, str] = node.get("data") or {}
    if kind == "configmaps":
        return data
    return {key: b64decode(value).decode(errors="replace") for key, value in data.items()}


# ---------------------------------------------------------------- files


def files_of(context: PodContext) -> dict[str, list[Line]]:
    """The files that a learner looks for in a container: names, resolver, hosts, and what is mounted."""
    name = hostname_of(context)
    address = dig(context.pod, "status", "podIP", default="")
    hosts = _HOSTS if is_host_network(context.pod) else f"{_HOSTS}{address}\t{name}\n"
    files = {
        "/etc/hostname": lines(f"{name}\n"),
        "/etc/hosts": lines(hosts),
        "/etc/resolv.conf": resolver(context),
        "/etc/os-release": lines(
            'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n'
        ),
        f"{_ACCOUNT}/namespace": [Line(context.namespace, end="")],
    }
    volumes = {each["name"]: each for each in dig(context.pod, "spec", "volumes", default=[])}
    for mount in container_of(context).get("volumeMounts") or ():
        volume = volumes.get(mount["name"], {})
        for path, text in _volume_files(context, volume).items():
            place = mount["mountPath"] if mount.get("subPath") == path else f"{mount['mountPath'].rstrip('/')}/{path}"
            files[place] = lines(text)
    return files


def _volume_files(context: PodContext, volume: Mapping[str, Any]) -> dict[str, str]:
    for kind, key, name_key in (("configmaps", "configMap", "name"), ("secrets", "secret", "secretName")):
        source = volume.get(key)
        if source:
            data = _data(context, kind, source.get(name_key, ""))
            items = source.get("items")
            return {each["path"]: data[each["key"]] for each in items if each["key"] in data} if items else data
    return {}


def resolver(context: PodContext) -> list[Line]:
    """``/etc/resolv.conf``: the cluster's name server and search list, or the node's."""
    policy = dig(context.pod, "spec", "dnsPolicy", default="ClusterFirst")
    is_clusters = policy == "ClusterFirstWithHostNet" or (policy == "ClusterFirst" and not is_host_network(context.pod))
    custom = dig(context.pod, "spec", "dnsConfig", default={})
    servers: list[str] = list(custom.get("nameservers") or ())
    searches: list[str] = []
    options = [
        f"{each['name']}:{each['value']}" if each.get("value") else each["name"] for each in custom.get("options") or ()
    ]
    if is_clusters:
        dns = context.cluster.api.find("services", "kube-dns", "kube-system")
        servers.insert(0, str(dig(dns, "spec", "clusterIP", default="10.96.0.10")))
        domain = "cluster.local"
        searches = [f"{context.namespace}.svc.{domain}", f"svc.{domain}", domain]
        options.insert(0, "ndots:5")
    elif policy != "None":
        network = context.cluster.api_address.rsplit(".", 1)[0]
        servers.insert(0, f"{network}.1")
        options.insert(0, "ndots:0")
    searches += custom.get("searches") or ()
    shown = [Line(f"search {' '.join(searches)}")] if searches else []
    shown += [Line(f"nameserver {server}", (_server_fact(context, server),)) for server in servers]
    return [*shown, Line(f"options {' '.join(options)}")] if options else shown


def _server_fact(context: PodContext, server: str) -> Fact:
    return fact(
        "object",
        witnesses=(server,),
        cluster=context.cluster.context,
        kind="Pod",
        namespace=context.namespace,
        name=context.name,
        field="resolv.conf.nameserver",
        value=server,
    )
