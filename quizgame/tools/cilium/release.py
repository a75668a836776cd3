"""``cilium install``, ``upgrade`` and ``uninstall``. Source: reference cilium-cli, section 4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.cluster.install.config import config_data
from quizgame.cluster.install.release import apply_release, remove_release, render
from quizgame.cluster.install.values import Values, lookup, merge
from quizgame.cluster.objects import dig, name_of
from quizgame.errors import QuizgameError
from quizgame.goflags.durations import MINUTE
from quizgame.goflags.flagset import Flag, boolean, duration, integer, string, string_array, string_slice
from quizgame.goflags.times import SECOND
from quizgame.tools.cilium.call import Call, CommandFailed, NotSimulated, Sub
from quizgame.tools.cilium.chart import is_simulated, version_listing
from quizgame.tools.cilium.chartschema import schema_problem
from quizgame.tools.cilium.chartvalues import without_effect
from quizgame.tools.cilium.configuration import restart_pods
from quizgame.tools.cilium.connectivity.workloads import namespaces, remove_namespaces
from quizgame.tools.cilium.helm import NOT_FOUND, given_values, is_installed
from quizgame.tools.cilium.status.collect import collect
from quizgame.tools.cilium.versions import DEFAULT_VERSION
from quizgame.tools.folder import FileProblem, read_file
from quizgame.tools.kubectl.formats.yaml_out import yaml_text
from quizgame.tools.output import render as render_lines
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect

REPOSITORY = "https://helm.cilium.io"
UPGRADE_NOTE = "⚠️  You maybe need to restart Cilium pods for configmap changes to take effect"
_REFUSED = frozenset(("chart-directory", "datapath-mode", "nodes-without-cilium", "repository", "set-file"))


def _flags() -> list[Flag]:
    return [
        string("chart-directory", "Folder of a Helm chart"),
        string("datapath-mode", "Datapath mode { tunnel | native | aws-eni | gke | azure | aks-byocni } "
               "(default: autodetected)."),
        boolean("dry-run", "Print the resources instead of installing them"),
        boolean("dry-run-helm-values", "Print the Helm values that differ from the chart's instead of installing"),
        integer("history-max", "How many revisions of the release to keep; 0 keeps all", default=10),
        boolean("list-versions", "List the versions that can be installed"),
        boolean("nodes-without-cilium", "Keep Cilium off the nodes labelled cilium.io/no-schedule"),
        string("repository", "Helm repository of the charts", default=REPOSITORY),
        string_array("set", "Helm values (repeatable, or separated by commas: key1=val1,key2=val2)"),
        string_array("set-file", "Helm values from files (repeatable: key1=path1,key2=path2)"),
        string_array("set-string", "Helm values that stay text (repeatable: key1=val1,key2=val2)"),
        string_slice("values", "YAML files with Helm values (repeatable)", short="f"),
        string("version", "Version of Cilium", default=f"v{DEFAULT_VERSION}"),
        boolean("wait", "Wait until the installation has come up"),
        duration("wait-duration", "How long to wait at most", default=5 * MINUTE),
    ]  # fmt: skip


def _upgrade_flags() -> list[Flag]:
    return [
        *_flags(),
        boolean("reset-then-reuse-values", "Begin with the chart's values, lay the last release's over them, then "
                "what is given here; --reset-values and --reuse-values win over it", default=True),
        boolean("reset-values", "Begin with the chart's values alone"),
        boolean("restart", "Restart the agents' pods", short="r"),
        boolean("reuse-values", "Begin with the last release's values"),
    ]  # fmt: skip


def _given(call: Call, verb: str) -> Mapping[str, Any]:
    """The values that the command line gives: files first, then ``--set``."""
    values: Mapping[str, Any] = {}
    for name in call.flags.texts("values"):
        try:
            text = render_lines(read_file(call.session, name))
            documents = load_documents(text, name, dialect=Dialect.KUBERNETES)
        except (FileProblem, QuizgameError) as problem:
            reason = "no such file or directory" if isinstance(problem, FileProblem) else str(problem)
            raise CommandFailed(f"Unable to {verb} Cilium: open {name}: {reason}") from None
        for document in documents:
            if isinstance(document.data, Mapping):
                values = merge(values, document.data)
    try:
        return merge(values, given_values(call.flags.texts("set"), call.flags.texts("set-string")))
    except ValueError as wrong:
        raise CommandFailed(f"Unable to {verb} Cilium: {wrong}") from None


def has_kube_proxy(call: Call) -> bool:
    """Whether kube-proxy runs in the cluster."""
    return call.api.find("daemonsets.apps", "kube-proxy", "kube-system") is not None


def _detect(call: Call, given: Values, version: str) -> dict[str, Any]:
    """Print what was found out about the cluster; returns the values that follow from it."""
    detected: dict[str, Any] = {"operator": {"replicas": 1}}
    is_kind = call.context.startswith("kind-")
    if is_kind:
        call.say("🔮 Auto-detected Kubernetes kind: kind")
        detected |= {"ipam": {"mode": "kubernetes"}, "routingMode": "tunnel", "tunnelProtocol": "vxlan"}
    call.say(f"ℹ️  Using Cilium version {version}")
    name = lookup(given, "cluster.name")
    if name:
        call.say(f'ℹ️  Using cluster name "{name}"')
    else:
        # Source: golden cilium-cli/install-kind-with-kube-proxy: kind names cluster and context alike.
        call.say(f"🔮 Auto-detected cluster name: {call.context}")
        detected["cluster"] = {"name": call.context}
    if has_kube_proxy(call):
        call.say("🔮 Auto-detected kube-proxy has been installed")
        return detected
    if is_kind:
        call.say("ℹ️  Detecting real Kubernetes API server addr and port on Kind")
    call.say("🔮 Auto-detected kube-proxy has not been installed")
    call.say("ℹ️  Cilium will fully replace all functionalities of kube-proxy")
    return {
        **detected, "kubeProxyReplacement": True, "k8sServiceHost": call.cluster.api_address, "k8sServicePort": 6443,
    }  # fmt: skip


def _check(call: Call, verb: str, values: Values, given: Values, version: str) -> None:
    """Refuse what the chart refuses, and what the simulation would ignore."""
    problem = schema_problem(values)
    if problem:
        raise CommandFailed(f"Unable to {verb} Cilium: {problem}")
    if str(lookup(values, "kubeProxyReplacement", "false")).lower() not in ("true", "false"):
        raise CommandFailed(
            f"Unable to {verb} Cilium: execution error at (cilium/templates/cilium-configmap.yaml:79:5): "
            "kubeProxyReplacement must be explicitly set to a valid value (true or false) to continue."
        )
    # Source: chart templates/validate.yaml.
    if lookup(values, "hubble.ui.enabled", False) and not lookup(values, "hubble.relay.enabled", False):
        raise CommandFailed(
            f"Unable to {verb} Cilium: execution error at (cilium/templates/validate.yaml:4:7): "
            "Hubble UI requires .Values.hubble.relay.enabled=true"
        )
    if lookup(values, "hubble.relay.enabled", False) and not lookup(values, "hubble.enabled", True):
        raise CommandFailed(
            f"Unable to {verb} Cilium: execution error at (cilium/templates/validate.yaml:14:7): "
            "Hubble Relay requires .Values.hubble.enabled=true"
        )
    # Source: chart 1.19 templates/validate.yaml; the line in it is not known.
    if lookup(values, "authentication.mutual.spire.enabled", False) and not lookup(
        values, "authentication.enabled", False
    ):
        raise CommandFailed(
            f"Unable to {verb} Cilium: execution error at (cilium/templates/validate.yaml:105:5): "
            "SPIRE integration requires .Values.authentication.enabled=true and "
            ".Values.authentication.mutual.spire.enabled=true"
        )
    ignored = without_effect(call.cluster, given, version)
    if ignored:
        raise NotSimulated(f"the Helm value {ignored[0]}" if len(ignored) == 1 else
                           f"each of the Helm values {', '.join(ignored)}")  # fmt: skip


def _version(call: Call) -> str:
    version = call.flags.text("version").removeprefix("v")
    if not is_simulated(version):
        raise NotSimulated(f"Cilium {call.flags.text('version')}")
    return version


def _dry_run(call: Call, values: Values, version: str) -> bool:
    """Print what would be done, if that was asked for; whether it was."""
    if call.flags.is_on("dry-run-helm-values"):
        call.say(yaml_text(values))
        return True
    if call.flags.is_on("dry-run"):
        config_data(values)
        for plural, node in render(call.cluster, values, version):
            found = call.api.registry.get(plural)
            head = {"apiVersion": found.api_version, "kind": found.kind} if found is not None else {}
            call.say(f"---\n{yaml_text({**head, **node}).rstrip()}")
        return True
    return False


def _wait(call: Call, verb: str) -> None:
    if not call.flags.is_on("wait"):
        return
    seconds = call.flags.number("wait-duration") / SECOND
    if not call.wait_for(lambda: collect(call).is_good(ignores_warnings=True), seconds):
        raise CommandFailed(f"Unable to {verb} Cilium: context deadline exceeded")


def _install(call: Call) -> None:
    if call.flags.is_on("list-versions"):
        call.say(version_listing())
        return
    given, version = _given(call, "install"), _version(call)
    values = merge(_detect(call, given, version), given)
    _check(call, "install", values, given, version)
    if _dry_run(call, values, version):
        return
    if is_installed(call):
        raise CommandFailed(
            "Unable to install Cilium: release name check failed: cannot reuse a name that is still in use"
        )
    apply_release(call.cluster, values, version=version)
    call.world.settle()
    _wait(call, "install")


def _upgrade(call: Call) -> None:
    if call.flags.is_on("list-versions"):
        call.say(version_listing())
        return
    given, version = _given(call, "upgrade"), _version(call)
    detected = _detect(call, given, version)
    if not is_installed(call):
        raise CommandFailed('Unable to upgrade Cilium: "cilium" has no deployed releases')
    base: Values = call.cluster.values
    if call.flags.is_on("reset-values"):
        base = detected
    values = merge(base, given)
    _check(call, "upgrade", values, given, version)
    if _dry_run(call, values, version):
        return
    apply_release(call.cluster, values, version=version)
    call.world.settle()
    _wait(call, "upgrade")
    if call.flags.is_on("restart"):
        restart_pods(call)
        call.say("♻️  Force restarted Cilium pods")
    else:
        call.say(UPGRADE_NOTE)


def _uninstall(call: Call) -> None:
    prefix = call.flags.text("test-namespace")
    leftovers = [f"🔥 Deleting pods in {prefix} namespace...", f"🔥 Deleting {prefix} namespace..."]
    call.say("\n".join(leftovers))
    remove_namespaces(call.cluster, namespaces(prefix))
    call.say("\n".join(("⌛ Uninstalling Cilium", *leftovers)))
    if not is_installed(call):
        raise CommandFailed(f"Unable to uninstall Cilium:  uninstall: Release not loaded: cilium: {NOT_FOUND}")
    remove_release(call.cluster)
    call.say("🔥 Cleaning up Cilium node annotations...")
    call.world.settle()
    if call.flags.is_on("wait"):
        call.wait_for(lambda: not _cilium_pods(call), call.flags.number("timeout") / SECOND)


def _cilium_pods(call: Call) -> list[str]:
    found = call.api.list("pods", call.namespace, label_selector="app.kubernetes.io/part-of=cilium")
    return [name_of(pod) for pod in found if dig(pod, "metadata", "name")]


_INSTALL_EXAMPLE = """  Install with the defaults:
    cilium install

  Install with a cluster name and id, ready for a mesh:
    cilium install --context kind-cluster1 --set cluster.id=1 --set cluster.name=cluster1"""

_UPGRADE_EXAMPLE = """  Upgrade, keeping the values:
    cilium upgrade

  Upgrade and change a value:
    cilium upgrade --set policyEnforcementMode=always"""

COMMANDS = (
    Sub("install", "install", "Install Cilium with Helm", _install, _flags, example=_INSTALL_EXAMPLE,
        refused_flags=_REFUSED),
    Sub("upgrade", "upgrade", "Upgrade or change a Cilium installation with Helm", _upgrade, _upgrade_flags,
        example=_UPGRADE_EXAMPLE, refused_flags=_REFUSED),
    Sub("uninstall", "uninstall", "Uninstall Cilium with Helm", _uninstall, lambda: [
        string("test-namespace", "Prefix of the namespaces of the connectivity test", default="cilium-test"),
        duration("timeout", "How long to wait at most", default=5 * MINUTE),
        boolean("wait", "Wait until everything is gone"),
    ]),
)  # fmt: skip
