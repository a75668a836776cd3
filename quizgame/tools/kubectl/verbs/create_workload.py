"""``kubectl create namespace``, ``deployment`` and ``serviceaccount``."""

from __future__ import annotations

from quizgame.cluster.objects import KubeObject
from quizgame.goflags.flagset import Flag, integer, string_slice
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.generating import creation_failure, generate, generate_flags, name_given
from quizgame.tools.kubectl.verb import Verb


def _namespace(call: Call) -> None:
    node = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name_given(call)}, "spec": {}, "status": {}}
    generate(call, "namespaces", node)


NAMESPACE = Verb(
    _namespace,
    "NAME [--dry-run=server|client|none]",
    generate_flags,
    "  # Create a namespace\n  kubectl create namespace web",
)


def _serviceaccount(call: Call) -> None:
    node = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name_given(call)}}
    generate(call, "serviceaccounts", node, on_refusal=creation_failure("serviceaccount"))


SERVICEACCOUNT = Verb(
    _serviceaccount,
    "NAME [--dry-run=server|client|none]",
    generate_flags,
    "  # Create a service account\n  kubectl create serviceaccount build",
)


def _deployment_flags() -> list[Flag]:
    return [
        *generate_flags(),
        string_slice("image", "Image names to run."),
        integer("port", "The containerPort that this deployment exposes.", default=-1, kind="int32"),
        integer("replicas", "Number of replicas to create.", short="r", default=1, kind="int32"),
    ]


def _deployment(call: Call) -> None:
    images = call.flags.texts("image")
    if not images:
        raise KubectlError('required flag(s) "image" not set')
    before = call.flags.args_before_dash
    names = call.args if before < 0 else call.args[:before]
    if len(names) != 1:
        raise call.usage_error(f"exactly one NAME is required, got {len(names)}")
    command = [] if before < 0 else call.args[before:]
    if command and len(images) > 1:
        raise KubectlError("cannot specify multiple --image options and command")
    labels = {"app": names[0]}
    containers = [_container(call, image, command) for image in images]
    node: KubeObject = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"labels": labels, "name": names[0]},
        "spec": {
            "replicas": call.flags.number("replicas"),
            "selector": {"matchLabels": labels},
            "strategy": {},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
        "status": {},
    }
    generate(call, "deployments", node, on_refusal=creation_failure("deployment"))


def _container(call: Call, image: str, command: list[str]) -> KubeObject:
    # Source: kubectl pkg/cmd/create/create_deployment.go: the name is the image's without registry, tag and digest.
    name = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    container: KubeObject = {"image": image, "name": name.replace("_", "-").replace(".", "-"), "resources": {}}
    if command:
        container["command"] = list(command)
    if call.flags.number("port") > 0:
        container["ports"] = [{"containerPort": call.flags.number("port")}]
    return container


DEPLOYMENT = Verb(
    _deployment,
    "NAME --image=image -- [COMMAND] [args...]",
    _deployment_flags,
    "  # Run two pods of an image\n  kubectl create deployment web --image=nginx --replicas=2",
)
