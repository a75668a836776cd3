"""``kubectl set image``."""

from __future__ import annotations

from quizgame.cluster.objects import KubeObject, dig, evolve
from quizgame.goflags.flagset import Flag
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.changing import change_each, change_flags, store
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.marking import split_words
from quizgame.tools.kubectl.selection import Target
from quizgame.tools.kubectl.templates import pod_spec_path
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.kubectl.writing import confirm


def _flags() -> list[Flag]:
    return change_flags()


def _run(call: Call) -> None:
    words, pairs = split_words(call.args)
    if not words and not call.flags.texts("filename"):
        raise KubectlError("one or more resources must be specified as <resource> <name> or <resource>/<name>")
    if not pairs:
        raise KubectlError("at least one image update is required")
    images = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    change_each(call, words, lambda target, mode: _set(call, target, images, mode))


def _set(call: Call, target: Target, images: dict[str, str], mode: str) -> None:
    node: KubeObject = target.node or {}
    path = pod_spec_path(target)
    for name, image in images.items():
        places = [
            (key, place)
            for key in ("initContainers", "containers")
            for place, container in enumerate(dig(node, *path, key, default=[]))
            if name in ("*", container["name"])
        ]
        if not places:
            raise KubectlError(f'unable to find container named "{name}"')
        for key, place in places:
            node = evolve(node, (*path, key, place, "image"), image)
    if node == target.node:
        return
    confirm(call, target.served, store(call, target, node, mode), "image updated")


IMAGE = Verb(
    _run,
    "(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ...",
    _flags,
    "  # Roll out another image\n  kubectl set image deployment/web nginx=nginx:1.27",
)
