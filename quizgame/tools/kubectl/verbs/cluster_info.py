"""``kubectl cluster-info``."""

from __future__ import annotations

from quizgame.cluster.world import Cluster
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import Refusal
from quizgame.tools.kubectl.verb import Verb

FIRST_PORT = 16443
"""Port on the workstation at which the first cluster's API server is reached; each further cluster has the next."""


def server_url(call: Call, cluster: Cluster) -> str:
    """Where the kubeconfig says that a cluster's API server is."""
    return f"https://127.0.0.1:{FIRST_PORT + list(call.world.clusters).index(cluster.context)}"


def _run(call: Call) -> None:
    if call.args[:1] == ["dump"]:
        raise Refusal("kubectl cluster-info dump")
    url = server_url(call, call.cluster)
    call.print(f"Kubernetes control plane is running at {url}")
    for service in call.api.list("services", "kube-system", label_selector="kubernetes.io/cluster-service=true"):
        name = service["metadata"]["name"]
        shown = service["metadata"]["labels"].get("kubernetes.io/name", name)
        port = next((each.get("name", "") for each in service["spec"].get("ports") or ()), "")
        suffix = f":{port}" if port else ""
        call.print(f"{shown} is running at {url}/api/v1/namespaces/kube-system/services/{name}{suffix}/proxy")
    call.print("")
    call.print("To further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.")


CLUSTER_INFO = Verb(_run, "[flags]")
