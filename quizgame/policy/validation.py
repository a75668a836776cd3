"""placeholder"""
from __future__ import annotations
from typing import Any
def validate_layer2(manifest: Any) -> str | None:
    return None
