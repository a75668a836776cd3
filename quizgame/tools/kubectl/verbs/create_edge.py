"""``kubectl create ingress`` and ``create secret tls``.

Source: kubectl pkg/cmd/create/create_ingress.go and create_secret_tls.go; crypto/tls X509KeyPair (messages).
"""

from __future__ import annotations

import re
from base64 import b64encode

from quizgame.cluster.objects import KubeObject
from quizgame.goflags.flagset import Flag, boolean, string, string_array
from quizgame.tools import folder
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.generating import creation_failure, generate, generate_flags, name_given
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.output import render

_RULE = re.compile(
    r"(?P<host>[\w*\-.]*)(?P<path>/[^,=\n]*)=(?P<service>[\w-]+):(?P<port>[\w-]+)(?P<tls>,tls=?(?P<secret>[\w-]+)?)?",
    re.ASCII,
)
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----")
_NOTHING_SAID = (
    "not enough information provided: every ingress has to either specify a default-backend (which catches all "
    "traffic) or a list of rules (which catch specific paths)"
)


def _ingress_flags() -> list[Flag]:
    return [
        *generate_flags(),
        string("class", "Ingress Class to be used"),
        string_array("rule", "Rule in format host/path=service:port[,tls=secretname]; a path ending in * is a prefix."),
        string("default-backend", "Default service for backend, in format of svcname:port"),
        string_array("annotation", "Annotation to insert in the ingress object, in the format annotation=value"),
    ]  # fmt: skip


def _ingress(call: Call) -> None:
    name = name_given(call)
    words, default = call.flags.texts("rule"), call.flags.text("default-backend")
    if not words and not default:
        raise KubectlError(_NOTHING_SAID)
    metadata: KubeObject = {"name": name}
    rules = [_rule(word) for word in words]
    annotations = dict(_annotation(word) for word in call.flags.texts("annotation"))
    if annotations:
        metadata["annotations"] = annotations
    spec: KubeObject = {}
    if call.flags.text("class"):
        spec["ingressClassName"] = call.flags.text("class")
    if default:
        if default.count(":") != 1:
            raise KubectlError("default-backend should be in format servicename:serviceport")
        spec["defaultBackend"] = _backend(*default.split(":"))
    tls = _tls(rules)
    if tls:
        spec["tls"] = tls
    if rules:
        spec["rules"] = _by_host(rules)
    node: KubeObject = {
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec,
        "status": {"loadBalancer": {}},
    }  # fmt: skip
    generate(call, "ingresses", node, on_refusal=creation_failure("ingress"))


def _rule(word: str) -> re.Match[str]:
    found = _RULE.fullmatch(word)
    if found is None:
        raise KubectlError(f"rule {word} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]")
    return found


def _annotation(word: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if not equals:
        raise KubectlError(f"annotation {word} is invalid and should be in format key=[value]")
    return key, value


def _backend(service: str, port: str) -> KubeObject:
    shown: KubeObject = {"number": int(port)} if port.isdecimal() else {"name": port}
    return {"service": {"name": service, "port": shown}}


def _by_host(rules: list[re.Match[str]]) -> list[KubeObject]:
    """The rules, those of one host together."""
    paths: dict[str, list[KubeObject]] = {}
    for rule in rules:
        path = rule["path"]
        kind = "Prefix" if path.endswith("*") else "Exact"
        shown = {"backend": _backend(rule["service"], rule["port"]), "path": path.removesuffix("*"), "pathType": kind}
        paths.setdefault(rule["host"], []).append(shown)
    return [{**({"host": host} if host else {}), "http": {"paths": those}} for host, those in paths.items()]


def _tls(rules: list[re.Match[str]]) -> list[KubeObject]:
    """Secrets with the hosts that they are for; a host counts once."""
    hosts: dict[str, list[str]] = {}
    seen: set[str] = set()
    for rule in rules:
        if rule["tls"] and rule["host"] not in seen:
            seen.add(rule["host"])
            hosts.setdefault(rule["secret"] or "", []).extend([rule["host"]] if rule["host"] else [])
    return [
        {**({"hosts": those} if those else {}), **({"secretName": secret} if secret else {})}
        for secret, those in hosts.items()
        if those or secret
    ]


INGRESS = Verb(
    _ingress,
    "NAME --rule=host/path=service:port[,tls[=secret]]",
    _ingress_flags,
    '  # Send what comes for a host to a service\n  kubectl create ingress web --rule="shop.example.com/*=web:80"',
)


def _certificate_flags() -> list[Flag]:
    return [
        *generate_flags(),
        string("cert", "Path to PEM encoded public key certificate."),
        string("key", "Path to private key associated with given certificate."),
    ]


def _certificate_refused() -> list[Flag]:
    return [boolean("append-hash", "Append a hash of the object to its name.")]


def _certificate(call: Call) -> None:
    # Simplified: that the key belongs to the certificate is not checked, only that both are PEM.
    name = name_given(call)
    places = [call.flags.text("cert"), call.flags.text("key")]
    if not all(places):
        raise KubectlError("key and cert must be specified")
    certificate, key = (_read(call, place) for place in places)
    found = _PEM.search(certificate)
    if found is None:
        raise KubectlError("tls: failed to find any PEM data in certificate input")
    if found[1].endswith("PRIVATE KEY"):
        raise KubectlError(
            "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs "
            "may have been switched"
        )
    found = _PEM.search(key)
    if found is None:
        raise KubectlError("tls: failed to find any PEM data in key input")
    if found[1] == "CERTIFICATE":
        raise KubectlError("tls: found a certificate rather than a key in the PEM for the private key")
    data = {"tls.crt": certificate, "tls.key": key}
    node: KubeObject = {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": "kubernetes.io/tls",
        "data": {each: b64encode(text.encode()).decode() for each, text in data.items()},
    }  # fmt: skip
    generate(call, "secrets", node, on_refusal=creation_failure("secret"))


def _read(call: Call, path: str) -> str:
    try:
        return render(folder.read_file(call.session, path))
    except folder.FileProblem as problem:
        raise KubectlError(f"Cannot read file {path}, open {path}: {problem.message.lower()}") from None


TLS_SECRET = Verb(
    _certificate,
    "NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none]",
    _certificate_flags,
    "  # Create a secret from a certificate and its key\n  kubectl create secret tls web --cert=tls.crt --key=tls.key",
    _certificate_refused,
)
