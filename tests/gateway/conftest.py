"""Labs with a Gateway."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.gateway.lab import GATEWAY, ON, POOL, ROUTE, SHOP, Lab, base_world

Make = Callable[..., Lab]


@pytest.fixture
def make() -> Make:
    """Make a world of one's own; worlds with the same beginning are built once and forked."""

    def build(*texts: str, values: Mapping[str, Any] | None = None, gateway_api: bool = True) -> Lab:
        chosen = json.dumps(ON if values is None else values, sort_keys=True)
        lab = Lab(base_world(chosen, SHOP, has_gateway_api=gateway_api).fork())
        return lab.given(*texts) if texts else lab

    return build


@pytest.fixture
def lab(make: Make) -> Lab:
    """A Gateway with an address, and a route to the service ``web``."""
    return make(POOL, GATEWAY, ROUTE)
