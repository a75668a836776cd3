"""The world in which every component of an installation has something to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quizgame.cluster.build import default_specs
from quizgame.game.worlds import assemble
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect
from tests.architecture.whole import OBJECTS, VALUES, Site


@pytest.fixture(scope="session")
def whole() -> Site:
    """The world as it should be."""
    loaded = [each.data for each in load_documents(OBJECTS, "objects", dialect=Dialect.KUBERNETES)]
    return Site(assemble([replace(default_specs()[0], values=VALUES)], seed=1, manifests=[("objects", loaded)]))
