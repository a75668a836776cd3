# `make play` opens the app; `make test` runs the tests. Both set up what they need, once.
# ARGS goes to the program behind a target: make test ARGS="tests/policy -k deny".

# The first Python on the path that is new enough; PYTHON=... names another.
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))
VENV := .venv
BIN := $(VENV)/bin
FORMATS := exam lab question scenario
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: play test check bench soak format schemas fidelity
.DELETE_ON_ERROR:

# The stamps lie in the environment, so that deleting it is all that a fresh start takes.
$(VENV)/.play: pyproject.toml
	@test -n "$(PYTHON)" || { echo 'quizgame needs Python 3.11 or newer; name one: make PYTHON=/path/to/python' >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(PIP) install --editable .
	touch $@

$(VENV)/.develop: $(VENV)/.play
	$(PIP) install --editable '.[dev]'
	touch $@

play: $(VENV)/.play
	$(BIN)/quizgame $(ARGS)

test: $(VENV)/.develop
	$(BIN)/python -m pytest -n auto $(ARGS)

check: $(VENV)/.develop
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/quizgame check

bench: $(VENV)/.develop
	$(BIN)/python -m tests.bench.run $(ARGS)

soak: $(VENV)/.develop
	$(BIN)/python -m tests.soak.run --kills 200 $(ARGS)

format: $(VENV)/.develop
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only .

# The JSON Schemas of the pack formats, for editors.
schemas: $(VENV)/.play
	set -e; for format in $(FORMATS); do $(BIN)/quizgame schema $$format >assets/schemas/$$format.json; done

# The tables of docs/fidelity.md: what of the real tools is simulated and what is refused.
fidelity: $(VENV)/.develop
	$(BIN)/python -m tests.fidelity
