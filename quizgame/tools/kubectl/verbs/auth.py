"""``kubectl auth``: the learner is the cluster's administrator."""

from __future__ import annotations

from quizgame.cluster.keyed import keyed_hex
from quizgame.goflags.flagset import Flag, boolean, string
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.tables.table import new_writer, set_rows
from quizgame.tools.kubectl.verb import Verb

USER = "kubernetes-admin"
GROUPS = ("kubeadm:cluster-admins", "system:authenticated")


def _flags() -> list[Flag]:
    return [
        boolean("all-namespaces", "If true, check the specified action in all namespaces.", short="A"),
        boolean("list", "If true, prints all allowed actions."),
        boolean("no-headers", "If true, prints allowed actions without headers"),
        boolean("quiet", "If true, suppress output and just return the exit code.", short="q"),
        string("subresource", "SubResource such as pod/log or deployment/scale"),
    ]


def _can_i(call: Call) -> None:
    if call.flags.is_on("list"):
        rows = [] if call.flags.is_on("no-headers") else [["Resources", "Non-Resource URLs", "Resource Names", "Verbs"]]
        rows += [["*.*", "[]", "[]", "[*]"], ["", "[*]", "[]", "[*]"]]
        call.print_lines(set_rows(new_writer(), rows, [()] * len(rows)))
        return
    if len(call.args) != 2:
        raise KubectlError(
            "you must specify two arguments: verb resource or verb resource/resourceName.\n"
            "See 'kubectl auth can-i -h' for help and examples."
        )
    word = call.args[1].partition("/")[0]
    if not call.args[1].startswith("/") and word != "*" and call.api.registry.resolve(word) is None:
        call.warn(f"the server doesn't have a resource type '{word}'\n")
    if not call.flags.is_on("quiet"):
        call.print("yes")


CAN_I = Verb(
    _can_i,
    "VERB [TYPE | TYPE/NAME | NONRESOURCEURL]",
    _flags,
    "  # May I create policies?\n  kubectl auth can-i create ciliumnetworkpolicies",
)


def _who_refused() -> list[Flag]:
    return [string("output", "Output format.", short="o")]


def _whoami(call: Call) -> None:
    digest = keyed_hex(call.api.seed, "client-certificate", call.api.name, digits=64)
    rows = [
        ["ATTRIBUTE", "VALUE"],
        ["Username", USER],
        ["Groups", f"[{' '.join(GROUPS)}]"],
        ["Extra: authentication.kubernetes.io/credential-id", f"[X509SHA256={digest}]"],
    ]
    call.print_lines(set_rows(new_writer(), rows, [()] * len(rows)))


WHOAMI = Verb(_whoami, "", refused_flags=_who_refused)
