"""``kubectl create configmap`` and ``secret generic``."""

from __future__ import annotations

from base64 import b64encode

from quizgame.cluster.objects import KubeObject
from quizgame.goflags.flagset import Flag, boolean, string, string_array, string_slice
from quizgame.tools import folder
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.generating import creation_failure, generate, generate_flags, name_given
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.output import render


def _flags() -> list[Flag]:
    return [
        *generate_flags(),
        string_slice("from-file", "Key file can be specified using its file path, a folder, or key=path."),
        string_array("from-literal", "Specify a key and literal value to insert (i.e. mykey=somevalue)"),
        string_slice("from-env-file", "Specify the path to a file to read lines of key=val pairs."),
    ]


def _refused() -> list[Flag]:
    return [boolean("append-hash", "Append a hash of the object to its name.")]


def _data(call: Call) -> dict[str, str]:
    data: dict[str, str] = {}
    for word in call.flags.texts("from-file"):
        key, equals, path = word.partition("=")
        data |= {key: _read(call, path)} if equals else _files(call, word)
    for word in call.flags.texts("from-env-file"):
        for line in _read(call, word).split("\n"):
            if line.strip() and not line.lstrip().startswith("#"):
                key, _, value = line.partition("=")
                data[key.strip()] = value
    for word in call.flags.texts("from-literal"):
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise KubectlError(f"invalid literal source {word}, expected key=value")
        if key in data:
            raise KubectlError(
                f'cannot add key "{key}", another key by that name already exists in Data for ConfigMap '
                f'"{call.args[0]}"'
            )
        data[key] = value.removeprefix('"').removesuffix('"') if value[:1] == value[-1:] == '"' else value
    return data


def _files(call: Call, place: str) -> dict[str, str]:
    if not folder.is_folder(call.session, place):
        return {place.rpartition("/")[2]: _read(call, place)}
    paths = {entry: f"{place.rstrip('/')}/{entry}" for entry in folder.entries(call.session, place)}
    return {entry: _read(call, path) for entry, path in paths.items() if folder.is_file(call.session, path)}


def _read(call: Call, path: str) -> str:
    try:
        return render(folder.read_file(call.session, path))
    except folder.FileProblem as problem:
        raise KubectlError(f"error reading {path}: {problem.message.lower()}") from None


def _configmap(call: Call) -> None:
    name = name_given(call)
    node: KubeObject = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    data = _data(call)
    if data:
        node["data"] = data
    generate(call, "configmaps", node, on_refusal=creation_failure("configmap"))


CONFIGMAP = Verb(
    _configmap,
    "NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]",
    _flags,
    "  # Create a config map from a value\n  kubectl create configmap cfg --from-literal=mode=debug",
    _refused,
)


def _secret_flags() -> list[Flag]:
    return [*_flags(), string("type", "The type of secret to create")]


def _secret(call: Call) -> None:
    name = name_given(call)
    node: KubeObject = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
    data = _data(call)
    if data:
        node["data"] = {key: b64encode(value.encode()).decode() for key, value in data.items()}
    if call.flags.text("type"):
        node["type"] = call.flags.text("type")
    generate(call, "secrets", node, on_refusal=creation_failure("secret"))


SECRET = Verb(
    _secret,
    "NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1]",
    _secret_flags,
    "  # Create a secret from a value\n  kubectl create secret generic keys --from-literal=psk=...",
    _refused,
)
