"""Describing namespaces, config maps, secrets and service accounts."""

from __future__ import annotations

from base64 import b64decode

from quizgame.cluster.objects import dig
from quizgame.tools.kubectl.describe.events import write_events
from quizgame.tools.kubectl.describe.writer import Page
from quizgame.tools.kubectl.shown import value_facts


def describe_namespace(page: Page) -> None:
    """Write a namespace's page."""
    page.head(with_namespace=False)
    page.marks()
    page.field(0, "Status", str(dig(page.node, "status", "phase", default="")), ("status", "phase"))
    page.write(0, "\nNo resource quota.\n\nNo LimitRange resource.")


def describe_configmap(page: Page) -> None:
    """Write a config map's page."""
    data = page.node.get("data") or {}
    page.head()
    page.marks()
    page.write(0, "\nData\n====")
    for key in sorted(data):
        page.write(0, f"{key}:\n----")
        page.write(0, data[key], value_facts(page.view, page.node, ("data", key), data[key]))
        page.write(0, "")
    binary = page.node.get("binaryData") or {}
    page.write(0, "\nBinaryData\n====")
    for key in sorted(binary):
        page.write(0, f"{key}: {len(b64decode(binary[key]))} bytes")
    page.write(0, "")
    write_events(page)


def describe_secret(page: Page) -> None:
    """Write a secret's page: sizes, never contents."""
    data = page.node.get("data") or {}
    page.head()
    page.marks()
    page.write(0, f"\nType:\t{page.node.get('type', '')}")
    page.write(0, "\nData\n====")
    for key in sorted(data):
        page.write(0, f"{key}:\t{len(b64decode(data[key]))} bytes")


def describe_serviceaccount(page: Page) -> None:
    """Write a service account's page."""
    page.head()
    page.marks()
    pull = [each["name"] for each in page.node.get("imagePullSecrets") or ()]
    page.rows("Image pull secrets", pull)
    write_events(page)
