"""``kubectl create ingress`` and ``kubectl create secret tls``, up to traffic through what they make.

Expectations: kubectl pkg/cmd/create/create_ingress.go and create_secret_tls.go; crypto/tls (messages).
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.gateway.lab import ON, POOL, VIP, Lab

Make = Callable[..., Lab]
PEM = "printf -- '-----BEGIN {kind}-----\\nQUFBQQ==\\n-----END {kind}-----\\n' > {file}"


@pytest.fixture
def ingress_lab(make: Make) -> Lab:
    """A cluster that serves Ingresses, and two files of PEM."""
    lab = make(POOL, values={**ON, "ingressController": {"enabled": True, "loadbalancerMode": "shared"}})
    lab.both(PEM.format(kind="CERTIFICATE", file="tls.crt"))
    lab.both(PEM.format(kind="PRIVATE KEY", file="tls.key"))
    lab.both("echo nonsense > none.pem")
    return lab


def test_an_ingress_of_words_serves(ingress_lab: Lab) -> None:
    said = ingress_lab.both("kubectl -n shop create secret tls cert --cert tls.crt --key tls.key")
    assert said == "secret/cert created\n"
    said = ingress_lab.both(
        "kubectl -n shop create ingress web --class=cilium --rule='shop.example.com/*=web:80' "
        "--rule='shop.example.com/api*=api:http' --rule='safe.example.com/*=web:80,tls=cert'"
    )
    assert said == "ingress.networking.k8s.io/web created\n"
    ingress_lab.world.advance(5)
    assert ingress_lab.served_by("/", host="shop.example.com") == "web"
    assert ingress_lab.served_by("/api/7", host="shop.example.com") == "api"
    assert ingress_lab.served_by("/", host="safe.example.com", port=443, sni="safe.example.com") == "web"
    assert ingress_lab.status("/", host="safe.example.com") == 301
    row = ingress_lab.both("kubectl -n shop get ingress web").splitlines()[1].split()
    assert row[:5] == ["web", "cilium", "shop.example.com,safe.example.com", VIP, "80,"]


def test_the_spec_is_grouped_by_host(ingress_lab: Lab) -> None:
    shown = ingress_lab.both(
        "kubectl create ing web --rule='a.example.com/=web:80,tls=one' --rule='a.example.com/x*=web:http,tls=two' "
        "--rule=/y=web:80,tls --default-backend=web:80 --annotation a=b=c --dry-run=client -o jsonpath='{.spec}'"
    )
    assert shown == (
        '{"defaultBackend":{"service":{"name":"web","port":{"number":80}}},"rules":[{"host":"a.example.com","http":'
        '{"paths":[{"backend":{"service":{"name":"web","port":{"number":80}}},"path":"/","pathType":"Exact"},'
        '{"backend":{"service":{"name":"web","port":{"name":"http"}}},"path":"/x","pathType":"Prefix"}]}},'
        '{"http":{"paths":[{"backend":{"service":{"name":"web","port":{"number":80}}},"path":"/y",'
        '"pathType":"Exact"}]}}],"tls":[{"hosts":["a.example.com"],"secretName":"one"}]}'
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("ingress web", "not enough information provided: every ingress has to either specify a default-backend (which "
                        "catches all traffic) or a list of rules (which catch specific paths)"),
        ("ingress web --rule=x", "rule x is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]"),
        ("ingress web --rule=/=a:80 --annotation=x", "annotation x is invalid and should be in format key=[value]"),
        ("ingress web --default-backend=a", "default-backend should be in format servicename:serviceport"),
        ("secret tls c --cert=tls.crt", "key and cert must be specified"),
        ("secret tls c --cert=x --key=tls.key", "Cannot read file x, open x: no such file or directory"),
        ("secret tls c --cert=none.pem --key=tls.key", "tls: failed to find any PEM data in certificate input"),
        ("secret tls c --cert=tls.crt --key=none.pem", "tls: failed to find any PEM data in key input"),
        ("secret tls c --cert=tls.key --key=tls.key", "tls: failed to find certificate PEM data in certificate input, "
                                                      "but did find a private key; PEM inputs may have been switched"),
        ("secret tls c --cert=tls.crt --key=tls.crt", "tls: found a certificate rather than a key in the PEM for the "
                                                      "private key"),
    ],
)  # fmt: skip
def test_mistakes_are_answered_in_kubectls_words(ingress_lab: Lab, words: str, said: str) -> None:
    assert ingress_lab.both(f"kubectl create {words}") == f"error: {said}\n"
