# Two commands: `make demo` shows the main job, `make test` proves it. Both set up what they need
# in .venv/ inside this folder. PYTHON names another interpreter: make demo PYTHON=python3.12

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test test-power-cuts setup check lock clean

demo: setup
	@$(BIN)/irbis demo $(ARGS)

# Compiled modules are kept, below .venv/, also where the environment forbids them: without them
# every worker, and every program that a test starts, compiles all it imports anew. Work is stolen
# in runs of neighbours, so that what a module makes once is seldom made by two workers.
test: $(VENV)/.dev-ready
	@sh .ci/install-mosquitto
	@PYTHONPYCACHEPREFIX="$(CURDIR)/$(VENV)/pycache" PYTHONDONTWRITEBYTECODE= \
		$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

# As root, some minutes: cuts the power at thousands of moments of a spool's life (docs/power-cuts.md).
# POINTS=N for so many.
POINTS ?= 3000
test-power-cuts: $(VENV)/.dev-ready
	@IRBIS_POWER_CUTS=$(POINTS) nice -n 15 $(BIN)/python -m pytest -rsP tests/power_cuts $(ARGS)

# The checks that CI runs beside the tests.
check: $(VENV)/.dev-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.vectors --check

setup: $(VENV)/.ready

$(VENV)/.ready: requirements/demo.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Irbis needs Python 3.11 or newer; $(PYTHON) is older. Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "python3 cannot make virtual environments; get it with: apt-get install python3-venv"; exit 1; }
	@echo "installing the pinned packages into $(VENV)/ (about 150 MB) ..."
	@$(PIP) install --require-hashes -r requirements/demo.lock
	@$(PIP) install --no-deps -e .
	@touch $@

$(VENV)/.dev-ready: $(VENV)/.ready requirements/dev.lock
	@echo "installing the test tools into $(VENV)/ ..."
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@touch $@

# Pins every package with its hashes, for all platforms at once.
lock: setup
	$(PIP) install uv
	for extra in demo dev; do $(BIN)/uv pip compile pyproject.toml --extra $$extra --universal \
		--python-version 3.11 --generate-hashes -q -o requirements/$$extra.lock; done
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes -q \
		-o requirements/station.lock

clean:
	rm -rf $(VENV) build *.egg-info
