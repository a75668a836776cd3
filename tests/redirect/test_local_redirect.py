"""Local redirect policies: what is redirected on which node, what is refused, and what the tools show.

Expectations: cilium/cilium v1.19 Documentation/network/kubernetes/local-redirect-policy.rst,
pkg/loadbalancer/redirectpolicy (its scripts under testdata); goldens ``lrp-list``, ``apply-lrp-nobackend``.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from quizgame.tools.cilium_dbg.commands.lrp import policies_table
from quizgame.tools.output import render

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "golden" / "cilium-dbg"
BOTH = {"backend-1", "backend-2"}
URL = "http://my-service:8080"
METADATA_URL = "http://169.254.169.254:8080"


class TestServices:
    def test_pods_of_a_node_with_a_backend_go_there(self, lab: Any) -> None:
        assert lab.answerers("near", URL) == BOTH
        lab.apply(lab.policy(lab.by_service))
        assert lab.answerers("near", URL) == {"proxy"}
        assert lab.answerers("far", URL) == BOTH

    def test_the_tools_of_the_two_nodes_tell_the_difference(self, lab: Any) -> None:
        lab.apply(lab.policy(lab.by_service))
        assert lab.service() == ["LocalRedirect", f"{lab.ip('proxy')}:80"]
        assert lab.service("kind-worker2")[0] == "ClusterIP"
        assert re.search(
            r":8080/TCP \(0\) +0\.0\.0\.0:0 \(\d+\) \(0\) \[LocalRedirect\]", lab.dbg("kind-worker", "bpf lb list")
        )
        row = next(
            line for line in lab.dbg("kind-worker", "shell -- db/show frontends").splitlines() if ":8080/TCP" in line
        )
        assert row.split()[1:3] == ["ClusterIP", "default/my-service"]
        assert "default/lrp:local-redirect" in row
        assert "local-redirect" not in lab.dbg("kind-worker2", "shell -- db/show frontends")
        shown = lab.dbg("kind-worker", "lrp list").splitlines()
        assert re.split(r"  +", shown[1].strip()) == [
            "default",
            "lrp",
            "clusterIP + all svc ports",
            "default/my-service",
        ]
        assert f":8080/TCP -> {lab.ip('proxy')}:80(default/proxy), " in shown[2]
        assert len(lab.dbg("kind-worker2", "lrp list").splitlines()) == 2
        assert re.search(
            r"default/lrp +service +default/my-service +all",
            lab.dbg("kind-worker", "shell -- db/show localredirectpolicies"),
        )

    def test_flows_go_to_the_local_pod(self, lab: Any) -> None:
        lab.apply(lab.policy(lab.by_service))
        lab.answerers("near", URL)
        shown = lab.out("hubble observe --from-pod default/near --to-port 80 --last 5")
        assert "default/proxy" in shown
        assert "default/backend" not in shown

    def test_deletion_restores(self, lab: Any) -> None:
        lab.apply(lab.policy(lab.by_service))
        assert lab.answerers("near", URL) == {"proxy"}
        lab.run("kubectl delete clrp lrp")
        assert lab.answerers("near", URL) == BOTH
        assert lab.service()[0] == "ClusterIP"
        assert len(lab.dbg("kind-worker", "lrp list").splitlines()) == 1

    def test_a_backend_that_comes_goes_or_is_relabelled_is_followed(self, lab: Any) -> None:
        lab.apply(lab.policy(lab.by_service))
        lab.run("kubectl delete pod proxy")
        lab.world.advance(3)
        assert lab.answerers("near", URL) == BOTH
        lab.apply(lab.pod("second", "kind-worker2", "proxy"))
        lab.world.advance(3)
        assert lab.answerers("far", URL) == {"second"}
        lab.run("kubectl label pod second app=other --overwrite")
        assert lab.answerers("far", URL) == BOTH

    def test_a_backend_whose_port_does_not_fit_swallows_the_traffic(self, lab: Any) -> None:
        lab.apply(lab.policy(lab.by_service, '[{port: "9000", protocol: TCP}]'))
        assert lab.service() == ["LocalRedirect"]
        assert lab.run(f"kubectl exec near -- curl -s -m 2 {URL}").exit == 7
        assert lab.answerers("far", URL) == BOTH

    def test_only_the_ports_that_are_named(self, lab: Any) -> None:
        lab.apply("""
apiVersion: v1
kind: Service
metadata: {name: two}
spec: {selector: {app: backend}, ports: [{name: a, port: 1, targetPort: 80}, {name: b, port: 2, targetPort: 80}]}
""")
        matcher = 'serviceMatcher: {serviceName: two, namespace: default, toPorts: [{port: "2", protocol: TCP}]}'
        lab.apply(lab.policy(matcher))
        assert lab.answerers("near", "http://two:1") == BOTH
        assert lab.answerers("near", "http://two:2") == {"proxy"}
        assert "clusterIP + port" in lab.dbg("kind-worker", "lrp list")

    def test_several_backend_ports_find_their_frontends_by_name(self, lab: Any) -> None:
        ports = "[{name: a, containerPort: 8001}, {name: b, containerPort: 8002}]"
        lab.apply(lab.pod("split", "kind-worker", "split", ports))
        lab.apply("""
apiVersion: v1
kind: Service
metadata: {name: two}
spec:
  selector: {app: backend}
  ports: [{name: a, port: 1, targetPort: 80}, {name: b, port: 2, targetPort: 80}, {name: c, port: 3, targetPort: 80}]
""")
        lab.world.advance(3)
        ports = '[{port: "8001", protocol: TCP, name: a}, {port: "8002", protocol: TCP, name: b}]'
        lab.apply(lab.policy("serviceMatcher: {serviceName: two, namespace: default}", ports, app="split"))
        split = lab.ip("split")
        assert lab.service(address=":1/TCP") == ["LocalRedirect", f"{split}:8001"]
        assert lab.service(address=":2/TCP") == ["LocalRedirect", f"{split}:8002"]
        assert lab.service(address=":3/TCP")[0] == "ClusterIP"

    def test_other_types_of_frontends_stay(self, lab: Any) -> None:
        lab.run("""kubectl patch svc my-service -p '{"spec": {"type": "NodePort"}}'""")
        lab.apply(lab.policy(lab.by_service))
        shown = lab.dbg("kind-worker", "service list")
        assert shown.count("LocalRedirect") == 1
        assert "NodePort" in shown


class TestAddresses:
    def test_an_address_is_redirected_where_a_backend_is(self, lab: Any) -> None:
        assert lab.answerers("near", METADATA_URL) == {"the real one"}
        lab.apply(lab.policy(lab.by_address))
        assert lab.answerers("near", METADATA_URL) == {"proxy"}
        assert lab.answerers("far", METADATA_URL) == {"the real one"}
        assert lab.service(address=METADATA_URL.removeprefix("http://")) == ["LocalRedirect", f"{lab.ip('proxy')}:80"]
        row = next(
            each for each in lab.dbg("kind-worker", "shell -- db/show frontends").splitlines() if "169.254" in each
        )
        assert row.split()[1:3] == ["LocalRedirect", "default/lrp:local-redirect"]
        lab.run("kubectl delete clrp lrp")
        assert lab.answerers("near", METADATA_URL) == {"the real one"}

    def test_an_address_of_a_service_is_not_overridden(self, lab: Any) -> None:
        ip = lab.world.cluster.api.get("services", "my-service", "default")["spec"]["clusterIP"]
        lab.apply(lab.policy(lab.by_address.replace(lab.metadata, ip)))
        assert lab.answerers("near", URL) == BOTH
        assert "matches an address owned by an existing service => refusing to override" in lab.log("kind-worker")

    def test_allowed_ranges(self, make: Any) -> None:
        values = {"localRedirectPolicies": {"enabled": True, "addressMatcherCIDRs": ["10.0.0.0/8"]}}
        lab = make(values=values)
        assert re.search(r"lrp-address-matcher-cidrs +10\.0\.0\.0/8", lab.out("cilium config view"))
        lab.apply(lab.policy(lab.by_address))
        assert lab.answerers("near", METADATA_URL) == {"the real one"}
        assert "in AddressMatcher disallowed by --lrp-address-matcher-cidrs" in lab.log("kind-worker")

    @pytest.mark.parametrize(("skips", "answer"), [("false", "proxy"), ("true", "the real one")])
    def test_the_backend_s_own_traffic(self, lab: Any, skips: str, answer: str) -> None:
        lab.apply(lab.policy(lab.by_address, more=f"  skipRedirectFromBackend: {skips}"))
        assert lab.answerers("proxy", METADATA_URL) == {answer}
        assert lab.answerers("near", METADATA_URL) == {"proxy"}


class TestTurningItOn:
    def test_off_a_policy_has_no_effect_until_agents_restart_with_it_on(self, make: Any) -> None:
        lab = make(values={"kubeProxyReplacement": True})
        assert "local-redirect" not in lab.out("cilium config view")
        lab.apply(lab.policy(lab.by_service))
        assert lab.answerers("near", URL) == BOTH
        assert len(lab.dbg("kind-worker", "lrp list").splitlines()) == 1
        lab.run("cilium config set enable-local-redirect-policy true --restart=false")
        assert lab.answerers("near", URL) == BOTH
        lab.run("kubectl -n kube-system rollout restart ds/cilium")
        lab.run("kubectl -n kube-system rollout status ds/cilium")
        assert lab.answerers("near", URL) == {"proxy"}

    def test_what_is_in_force_outlives_the_agent(self, lab: Any) -> None:
        lab.apply(lab.policy(lab.by_service))
        lab.agent().stop()
        lab.run("kubectl delete clrp lrp")
        assert lab.answerers("near", URL) == {"proxy"}


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("frontend", "problem"),
        [
            ("", '"spec.redirectFrontend" must validate one and only one schema (oneOf). Found none valid'),
            (
                "serviceMatcher: {serviceName: a, namespace: default}, "
                'addressMatcher: {ip: "1.2.3.4", toPorts: [{port: "1", protocol: TCP}]}',
                '"spec.redirectFrontend" must validate one and only one schema (oneOf). Found 2 valid alternatives',
            ),
            ("serviceMatcher: {serviceName: a}", "spec.redirectFrontend.serviceMatcher.namespace: Required value"),
        ],
    )
    def test_by_the_server(self, lab: Any, frontend: str, problem: str) -> None:
        assert problem in lab.applied(lab.policy(frontend))

    def test_changes(self, lab: Any) -> None:
        lab.apply(lab.policy(lab.by_service))
        shown = lab.applied(lab.policy(lab.by_service, '[{port: "81", protocol: TCP}]'))
        assert "redirectBackend is immutable" in shown
        assert "unchanged" in lab.applied(lab.policy(lab.by_service))

    @pytest.mark.parametrize(
        ("frontend", "ports", "problem"),
        [
            (
                "serviceMatcher: {serviceName: my-service, namespace: other}", '[{port: "80", protocol: TCP}]',
                "does not match with the CiliumLocalRedirectPolicy namespace",
            ),
            (
                "serviceMatcher: {serviceName: my-service, namespace: default, "
                'toPorts: [{port: "8080", protocol: TCP}]}',
                '[{port: "80", protocol: UDP}]', "backend protocol must match with frontend protocol",
            ),
            (
                "serviceMatcher: {serviceName: my-service, namespace: default}",
                '[{port: "80", protocol: TCP}, {port: "81", protocol: TCP}]',
                "port 80 in the local redirect policy spec must have a valid IANA_SVC_NAME",
            ),
        ],
    )  # fmt: skip
    def test_by_the_agent(self, lab: Any, frontend: str, ports: str, problem: str) -> None:
        assert "created" in lab.applied(lab.policy(frontend, ports))
        assert lab.answerers("near", URL) == BOTH
        assert len(lab.dbg("kind-worker", "lrp list").splitlines()) == 1
        assert 'msg="Rejecting malformed CiliumLocalRedirectPolicy"' in lab.log("kind-worker")
        assert problem in lab.log("kind-worker")


NODE_LOCAL_DNS = """
apiVersion: v1
kind: Service
metadata: {name: kube-dns-upstream, namespace: kube-system}
spec:
  selector: {k8s-app: kube-dns}
  ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53, protocol: TCP}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: node-local-dns, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: node-local-dns}}
  template:
    metadata: {labels: {k8s-app: node-local-dns}}
    spec:
      dnsPolicy: Default
      tolerations: [{operator: Exists}]
      containers:
      - name: node-cache
        image: img-k8s.example/dns/k8s-dns-node-cache:1.26.4
        args: [-localip, "169.254.20.10,10.96.0.10", -conf, /etc/Corefile, -upstreamsvc, kube-dns-upstream]
        ports:
        - {containerPort: 53, name: dns, protocol: UDP}
        - {containerPort: 53, name: dns-tcp, protocol: TCP}
---
apiVersion: cilium.io/v2
kind: CiliumLocalRedirectPolicy
metadata: {name: nodelocaldns, namespace: kube-system}
spec:
  redirectFrontend: {serviceMatcher: {serviceName: kube-dns, namespace: kube-system}}
  redirectBackend:
    localEndpointSelector: {matchLabels: {k8s-app: node-local-dns}}
    toPorts: [{port: "53", name: dns, protocol: UDP}, {port: "53", name: dns-tcp, protocol: TCP}]
---
"""


class TestNodeLocalDns:
    def test_questions_go_to_the_node_s_cache(self, make: Any) -> None:
        lab = make(NODE_LOCAL_DNS)
        assert lab.answerers("near", URL) == BOTH
        pods = lab.world.cluster.api.list("pods", "kube-system", label_selector="k8s-app=node-local-dns")
        [cache] = [pod["status"]["podIP"] for pod in pods if pod["spec"]["nodeName"] == "kind-worker"]
        assert lab.service(address="10.96.0.10:53/UDP") == ["LocalRedirect", f"{cache}:53"]
        assert lab.service(address="10.96.0.10:9153/TCP")[0] == "ClusterIP"
        shown = lab.out("hubble observe --from-pod default/near --to-port 53 --last 20")
        assert "kube-system/node-local-dns" in shown
        assert "kube-system/coredns" not in shown
        assert "kube-system/coredns" in lab.out(
            "hubble observe --from-label k8s-app=node-local-dns --to-port 53 --last 20"
        )

    def test_without_the_cache_coredns_answers(self, make: Any) -> None:
        lab = make(NODE_LOCAL_DNS)
        lab.run("kubectl -n kube-system delete ds node-local-dns")
        lab.world.advance(3)
        assert lab.answerers("near", URL) == BOTH

    def test_without_its_upstream_the_cache_cannot_answer(self, make: Any) -> None:
        lab = make(NODE_LOCAL_DNS)
        lab.run("kubectl -n kube-system delete svc kube-dns-upstream")
        assert lab.run(f"kubectl exec near -- curl -s -m 20 {URL}").exit == 6


class TestGoldens:
    def test_lrp_list(self) -> None:
        recorded = GOLDEN / "lrp-list.txt"
        if not recorded.exists():
            pytest.skip(f"{recorded} is not here: the reference lies beside the repository")
        models = json.loads((GOLDEN / "input" / "agent-api" / "lrp.json").read_text())
        assert render(policies_table(models, {})) == recorded.read_text()
