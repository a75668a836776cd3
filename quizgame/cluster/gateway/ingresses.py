"""Ingresses of Cilium's class: a load balancer of their own or one for all, and what Envoy serves there.

Source: cilium/cilium v1.19 operator/pkg/ingress, operator/pkg/model/ingestion/ingress.go,
operator/pkg/model/translation/ingress.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from quizgame.cluster.gateway.entries import Entry, Match, PathKind
from quizgame.cluster.gateway.envoyconfig import Served, spec_of
from quizgame.cluster.gateway.hostnames import ANY
from quizgame.cluster.gateway.naming import (
    ENVOY_CONFIGS,
    INGRESS_CLASSES,
    INGRESS_CONTROLLER,
    INGRESS_LABEL,
    INGRESS_PREFIX,
    INGRESSES,
    SERVICES,
    SHARED_INGRESS_NAMESPACE,
    SLICES,
    shortened,
)
from quizgame.cluster.gateway.owned import (
    dummy_slice,
    ensure,
    envoy_config,
    external_addresses,
    metadata_of,
    remove,
    remove_owned,
)
from quizgame.cluster.gateway.references import BackendRef
from quizgame.cluster.gateway.statuses import write_status
from quizgame.cluster.objects import KubeObject, annotations_of, dig, is_terminating, name_of, namespace_of

if TYPE_CHECKING:
    from quizgame.cluster.agent.config import AgentConfig
    from quizgame.cluster.apiserver import ApiServer

_ANNOTATIONS = "ingress.cilium.io/"
_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
_DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
_CLASS = "cilium"
_ON = ("enabled", "true")
_PORTS = (("http", 80), ("https", 443))
_PATH_KINDS = {"Exact": PathKind.EXACT, "Prefix": PathKind.PREFIX, "ImplementationSpecific": PathKind.REGEX}


def reconcile_ingresses(api: ApiServer, config: AgentConfig) -> list[tuple[str, str]]:
    """Bring all Ingresses, and what is made for them, up to date.

    Returns:
        Namespace and name of the secrets that they name.
    """
    mine = [each for each in api.store.of(INGRESSES) if is_managed(api, each) and not is_terminating(each)]
    shared = [each for each in mine if not _is_dedicated(each, config)]
    for ingress in api.store.of(INGRESSES):
        if ingress in mine:
            if _is_dedicated(ingress, config):
                _ensure_dedicated(api, config, ingress)
            else:
                remove_owned(api, ingress)
            _write_addresses(api, ingress, _balancer(api, config, ingress))
        elif _was_managed(api, ingress):
            remove_owned(api, ingress)
            _write_addresses(api, ingress, None)
    _ensure_shared(api, config, shared)
    return [key for each in mine for key in _secrets(each)]


def is_managed(api: ApiServer, ingress: Mapping[str, Any]) -> bool:
    """Whether an Ingress is Cilium's: by its class, or by the default where it names none."""
    wanted = dig(ingress, "spec", "ingressClassName") or annotations_of(ingress).get(_CLASS_ANNOTATION)
    if wanted:
        return bool(wanted == _CLASS)
    cilium = api.store.get(INGRESS_CLASSES, ("", _CLASS))
    is_ours = cilium is not None and dig(cilium, "spec", "controller") == INGRESS_CONTROLLER
    return is_ours and cilium is not None and annotations_of(cilium).get(_DEFAULT_CLASS) == "true"


def _was_managed(api: ApiServer, ingress: Mapping[str, Any]) -> bool:
    return api.store.get(ENVOY_CONFIGS, (namespace_of(ingress), _config_name(ingress))) is not None


def _is_dedicated(ingress: Mapping[str, Any], config: AgentConfig) -> bool:
    mode = annotations_of(ingress).get(f"{_ANNOTATIONS}loadbalancer-mode", "")
    if mode not in ("dedicated", "shared"):
        mode = config.get("ingress-default-lb-mode", "dedicated")
    return mode == "dedicated"


def _service_name(ingress: Mapping[str, Any]) -> str:
    return shortened(f"{INGRESS_PREFIX}-{name_of(ingress)}")


def _config_name(ingress: Mapping[str, Any]) -> str:
    return shortened(f"{INGRESS_PREFIX}-{namespace_of(ingress)}-{name_of(ingress)}")


# ---------------------------------------------------------------- what is made


def _ensure_dedicated(api: ApiServer, config: AgentConfig, ingress: KubeObject) -> None:
    namespace, name = namespace_of(ingress), _service_name(ingress)
    prefixes = config.get("ingress-lb-annotation-prefixes").split()
    copied = {
        key: value
        for key, value in annotations_of(ingress).items()
        if any(key.startswith(prefix) for prefix in prefixes)
    }
    labels = {INGRESS_LABEL: "true"}
    metadata = metadata_of(ingress, namespace, name, labels, copied)
    served = served_by(api, config, [ingress])
    ensure(api, SERVICES, {"metadata": metadata, "spec": _service_spec(ingress)}, ("spec",))
    made = dummy_slice(metadata_of(ingress, namespace, name, labels), name)
    ensure(api, SLICES, made, ("endpoints", "ports"))
    spec = spec_of(served, namespace, name, [port for _, port in _PORTS])
    ensure(
        api, ENVOY_CONFIGS, envoy_config(metadata_of(ingress, namespace, _config_name(ingress), {}), spec), ("spec",)
    )


def _service_spec(ingress: Mapping[str, Any]) -> KubeObject:
    annotations = annotations_of(ingress)
    kind = annotations.get(f"{_ANNOTATIONS}service-type", "LoadBalancer")
    ports: list[KubeObject] = [{"name": name, "port": port, "protocol": "TCP"} for name, port in _PORTS]
    spec: KubeObject = {"ports": ports, "type": kind if kind in ("LoadBalancer", "NodePort") else "LoadBalancer"}
    if spec["type"] == "NodePort":
        for port, key in zip(ports, ("insecure-node-port", "secure-node-port"), strict=True):
            wanted = annotations.get(f"{_ANNOTATIONS}{key}", "")
            if wanted.isdecimal():
                port["nodePort"] = int(wanted)
    policy = annotations.get(f"{_ANNOTATIONS}service-external-traffic-policy")
    if policy in ("Cluster", "Local"):
        spec["externalTrafficPolicy"] = policy
    if annotations.get(f"{_ANNOTATIONS}loadbalancer-class") and spec["type"] == "LoadBalancer":
        spec["loadBalancerClass"] = annotations[f"{_ANNOTATIONS}loadbalancer-class"]
    return spec


def _ensure_shared(api: ApiServer, config: AgentConfig, ingresses: Sequence[KubeObject]) -> None:
    """The configuration of the load balancer that comes with the installation; it goes with its last Ingress."""
    name = config.get("ingress-shared-lb-service-name", INGRESS_PREFIX)
    if not ingresses:
        remove(api, ENVOY_CONFIGS, SHARED_INGRESS_NAMESPACE, name)
        return
    served = served_by(api, config, ingresses)
    spec = spec_of(served, SHARED_INGRESS_NAMESPACE, name, [port for _, port in _PORTS])
    ensure(api, ENVOY_CONFIGS, envoy_config(metadata_of(None, SHARED_INGRESS_NAMESPACE, name, {}), spec), ("spec",))


def _balancer(api: ApiServer, config: AgentConfig, ingress: Mapping[str, Any]) -> KubeObject | None:
    if _is_dedicated(ingress, config):
        return api.store.get(SERVICES, (namespace_of(ingress), _service_name(ingress)))
    name = config.get("ingress-shared-lb-service-name", INGRESS_PREFIX)
    return api.store.get(SERVICES, (SHARED_INGRESS_NAMESPACE, name))


def _write_addresses(api: ApiServer, ingress: KubeObject, service: Mapping[str, Any] | None) -> None:
    found = [{key: each[key] for key in ("hostname", "ip") if each.get(key)} for each in external_addresses(service)]
    write_status(api, INGRESSES, ingress, {"loadBalancer": {"ingress": found} if found else {}})


# ---------------------------------------------------------------- what is served


def served_by(api: ApiServer, config: AgentConfig, ingresses: Sequence[Mapping[str, Any]]) -> Served:
    """What Envoy is to serve for Ingresses that share a load balancer."""
    served = Served(has_http=True)
    for ingress in sorted(ingresses, key=lambda each: (namespace_of(each), name_of(each))):
        if annotations_of(ingress).get(f"{_ANNOTATIONS}tls-passthrough", "").lower() in _ON:
            _pass_through(api, served, ingress)
        else:
            _serve(api, config, served, ingress)
    return served


def _serve(api: ApiServer, config: AgentConfig, served: Served, ingress: Mapping[str, Any]) -> None:
    by_host: dict[str, list[Entry]] = {}
    default = dig(ingress, "spec", "defaultBackend")
    if default:
        by_host[ANY] = [_entry(api, ingress, Match(), default)]
    for rule in dig(ingress, "spec", "rules", default=()):
        entries = by_host.setdefault(rule.get("host") or ANY, [])
        entries += [
            _entry(api, ingress, Match(_path(path)), path.get("backend") or {})
            for path in dig(rule, "http", "paths", default=())
        ]
    for host, entries in by_host.items():
        served.add(entries, [host], is_secure=False)
    for section in dig(ingress, "spec", "tls", default=()):
        for host in section.get("hosts") or (ANY,):
            secure = by_host.get(host) or by_host.get(ANY)
            if secure is None:
                continue
            served.add(secure, [host], is_secure=True)
            if section.get("secretName"):
                key = (namespace_of(ingress), str(section["secretName"]))
                served.certificates.setdefault(key, []).append(host)
            if _forces_https(ingress, config):
                served.https_only.add(host)
                if host not in by_host:
                    served.add(secure, [host], is_secure=False)


def _forces_https(ingress: Mapping[str, Any], config: AgentConfig) -> bool:
    wanted = annotations_of(ingress).get(f"{_ANNOTATIONS}force-https")
    return config.is_on("enforce-ingress-https", default=True) if wanted is None else wanted.lower() in _ON


def _path(node: Mapping[str, Any]) -> tuple[PathKind, str]:
    kind, value = _PATH_KINDS[node.get("pathType", "Prefix")], str(node.get("path") or "/")
    if kind is PathKind.REGEX and value == "/":
        # Source: cilium/cilium v1.19: without a path of its own, an implementation-specific one takes all.
        return PathKind.PREFIX, "/"
    return kind, value


def _entry(api: ApiServer, ingress: Mapping[str, Any], match: Match, backend: Mapping[str, Any]) -> Entry:
    ref = _backend(api, ingress, backend)
    return Entry(match, (ref,)) if ref is not None else Entry(match, status=500)


def _backend(api: ApiServer, ingress: Mapping[str, Any], backend: Mapping[str, Any]) -> BackendRef | None:
    """A backend of an Ingress. One whose service has no such port, or that is not there, has no endpoints."""
    namespace, name = namespace_of(ingress), dig(backend, "service", "name")
    if not name:
        return None
    number = dig(backend, "service", "port", "number")
    wanted = dig(backend, "service", "port", "name")
    if number is None and wanted:
        service = api.store.get(SERVICES, (namespace, name))
        ports = dig(service, "spec", "ports", default=())
        number = next((each["port"] for each in ports if each.get("name") == wanted), None)
    return BackendRef("", "Service", str(name), namespace, number or 0, 1)


def _pass_through(api: ApiServer, served: Served, ingress: Mapping[str, Any]) -> None:
    for rule in dig(ingress, "spec", "rules", default=()):
        for path in dig(rule, "http", "paths", default=()):
            ref = _backend(api, ingress, path.get("backend") or {})
            if rule.get("host") and path.get("path") == "/" and ref is not None:
                served.passthrough.setdefault(rule["host"], []).append(ref)


def _secrets(ingress: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for section in dig(ingress, "spec", "tls", default=()):
        if section.get("secretName"):
            yield namespace_of(ingress), str(section["secretName"])
