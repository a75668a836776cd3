"""What the server fills in, and what it allocates."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.apiserver import ApiServer
from quizgame.cluster.patching import PatchType


def service(name: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}], "selector": {"app": name}, **spec}}


def test_pod_is_filled_in_as_a_real_server_does(api: ApiServer) -> None:
    made = api.create("pods", {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}})
    spec = made["spec"]
    # Source: golden inputs/world/pods.json, pod xwing
    assert (spec["restartPolicy"], spec["dnsPolicy"], spec["schedulerName"]) == (
        "Always",
        "ClusterFirst",
        "default-scheduler",
    )
    assert (spec["serviceAccountName"], spec["serviceAccount"]) == ("default", "default")
    assert (spec["terminationGracePeriodSeconds"], spec["priority"], spec["enableServiceLinks"]) == (30, 0, True)
    assert [(each["key"], each["tolerationSeconds"]) for each in spec["tolerations"]] == [
        ("node.kubernetes.io/not-ready", 300),
        ("node.kubernetes.io/unreachable", 300),
    ]
    assert spec["volumes"][0]["name"].startswith("kube-api-access-")
    container = spec["containers"][0]
    assert container["volumeMounts"][0]["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount"
    assert (container["terminationMessagePath"], container["resources"]) == ("/dev/termination-log", {})


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("nginx:1.27", "IfNotPresent"),
        ("host:5000/a@sha256:1", "IfNotPresent"),
    ],
)
def test_pull_policy_follows_the_tag(api: ApiServer, image: str, policy: str) -> None:
    made = api.create("pods", {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": image}]}})
    assert made["spec"]["containers"][0]["imagePullPolicy"] == policy


def test_service_gets_an_address_of_the_dynamic_band(api: ApiServer) -> None:
    spec = api.create("services", service("web"))["spec"]
    assert ip_address(spec["clusterIP"]) in ip_network(api.service_cidr)
    # Source: service IP allocator: the first 256 addresses of a /16 are for static choice
    assert int(ip_address(spec["clusterIP"])) - int(ip_network(api.service_cidr)[0]) > 256
    assert spec["clusterIPs"] == [spec["clusterIP"]]
    assert spec["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    assert (spec["type"], spec["sessionAffinity"], spec["internalTrafficPolicy"]) == ("ClusterIP", "None", "Cluster")
    assert (spec["ipFamilies"], spec["ipFamilyPolicy"]) == (["IPv4"], "SingleStack")


def test_node_ports_are_kept_over_updates_and_given_back(api: ApiServer) -> None:
    made = api.create("services", service("web", type="NodePort"))
    port = made["spec"]["ports"][0]["nodePort"]
    assert 30000 <= port <= 32767
    labelled = api.patch("services", "web", {"metadata": {"labels": {"a": "b"}}}, PatchType.MERGE, "default")
    assert labelled["spec"]["ports"][0]["nodePort"] == port
    plain = api.patch("services", "web", {"spec": {"type": "ClusterIP"}}, PatchType.STRATEGIC, "default")
    assert "nodePort" not in plain["spec"]["ports"][0]
    assert plain["spec"]["clusterIP"] == made["spec"]["clusterIP"]


def test_taken_node_port_is_refused(api: ApiServer) -> None:
    ports = [{"port": 80, "nodePort": 31080}]
    api.create("services", service("one", type="NodePort", ports=ports))
    with pytest.raises(ApiError) as caught:
        api.create("services", service("two", type="NodePort", ports=ports))
    # Source: golden kubectl/apply-service-nodeport-taken
    assert str(caught.value.causes[0]) == (
        "spec.ports[0].nodePort: Invalid value: 31080: provided port is already allocated"
    )


def test_unknown_service_type_lists_the_known_ones(api: ApiServer) -> None:
    with pytest.raises(ApiError) as caught:
        api.create("services", service("web", type="Loadbalancer"))
    # Source: golden kubectl/apply-service-unknown-type
    assert str(caught.value.causes[0]) == (
        'spec.type: Unsupported value: "Loadbalancer": '
        'supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'
    )


def test_external_name_has_no_address(api: ApiServer) -> None:
    made = api.create(
        "services", {"metadata": {"name": "ext"}, "spec": {"type": "ExternalName", "externalName": "example.com"}}
    )
    # Source: golden inputs/world/services.json, service ext
    assert made["spec"] == {"externalName": "example.com", "sessionAffinity": "None", "type": "ExternalName"}


def test_deployment_gets_the_rolling_update_of_apps_v1(api: ApiServer) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    made = api.create("deployments", {"metadata": {"name": "d"}, "spec": spec})
    assert made["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
    }
    assert (
        made["spec"]["replicas"],
        made["spec"]["progressDeadlineSeconds"],
        made["spec"]["revisionHistoryLimit"],
    ) == (1, 600, 10)


def test_policy_types_follow_the_rules_given(api: ApiServer) -> None:
    ingress = api.create("networkpolicies", {"metadata": {"name": "i"}, "spec": {"podSelector": {}}})
    egress = api.create("networkpolicies", {"metadata": {"name": "e"}, "spec": {"podSelector": {}, "egress": [{}]}})
    assert ingress["spec"]["policyTypes"] == ["Ingress"]
    assert egress["spec"]["policyTypes"] == ["Ingress", "Egress"]


def test_namespace_is_labelled_with_its_name(api: ApiServer) -> None:
    made = api.create("namespaces", {"metadata": {"name": "shop"}})
    assert made["metadata"]["labels"] == {"kubernetes.io/metadata.name": "shop"}
    assert (made["spec"], made["status"]) == ({"finalizers": ["kubernetes"]}, {"phase": "Active"})


def test_string_data_of_a_secret_is_encoded(api: ApiServer) -> None:
    made = api.create("secrets", {"metadata": {"name": "s"}, "stringData": {"password": "abc"}})
    assert (made["data"], made["type"]) == ({"password": "YWJj"}, "Opaque")
    assert "stringData" not in made


def test_missing_service_account_forbids_the_pod(api: ApiServer) -> None:
    spec = {"serviceAccountName": "nosuch", "containers": [{"name": "c", "image": "nginx"}]}
    with pytest.raises(ApiError) as caught:
        api.create("pods", {"metadata": {"name": "p"}, "spec": spec})
    assert caught.value.message == (
        'pods "p" is forbidden: error looking up service account default/nosuch: serviceaccount "nosuch" not found'
    )
