# `make play` opens the app; `make test` runs the tests. Both set up what they need, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: play test check bench soak format
.DELETE_ON_ERROR:

.stamp-run: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.stamp-dev: .stamp-run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

play: .stamp-run
	$(BIN)/quizgame

test: .stamp-dev
	$(BIN)/python -m pytest -n auto $(ARGS)

check: .stamp-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/quizgame check

bench: .stamp-dev
	$(BIN)/python tests/bench/run.py $(ARGS)

soak: .stamp-dev
	$(BIN)/python tests/soak/run.py --kills 200

format: .stamp-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only .
