# Two commands: `make demo` shows the main job, `make test` proves it. Both set up what they need
# in .venv/ inside this folder. PYTHON names another interpreter: make demo PYTHON=python3.12

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test test-examples test-image test-image-update test-image-pi3 test-provision test-slots test-picamera test-gpio test-power-cuts test-soak setup check lock clean

demo: setup
	@$(BIN)/irbis demo $(ARGS)

# Compiled modules are kept, below .venv/, also where the environment forbids them: without them
# every worker, and every program that a test starts, compiles all it imports anew. Work is stolen
# in runs of neighbours, so that what a module makes once is seldom made by two workers.
# Linear algebra in threads only wakes threads here: the workers fill the cores.
PYTEST := PYTHONPYCACHEPREFIX="$(CURDIR)/$(VENV)/pycache" PYTHONDONTWRITEBYTECODE= \
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest
test: $(VENV)/.compiled
	@sh .ci/install-mosquitto
	@$(PYTEST) -n auto --dist worksteal $(ARGS)

# Where examples are drawn, a thousand of each instead of fifty (ARGS="tests/wire" for some).
test-examples: $(VENV)/.compiled
	@IRBIS_TEST_EXAMPLES=1000 $(PYTEST) -n auto --dist worksteal --timeout 3000 -m hypothesis $(ARGS)

# By one process, the first time: the workers would each compile all of it.
$(VENV)/.compiled: $(VENV)/.dev-ready
	@$(PYTEST) --collect-only >/dev/null || true
	@touch $@

# As root, about an hour: cuts the power at thousands of moments of a spool's life, and of a whole
# station's (docs/power-cuts.md). POINTS=N for so many of each; ARGS="-k whole" for the latter alone.
POINTS ?= 3000
test-power-cuts: $(VENV)/.dev-ready
	@IRBIS_POWER_CUTS=$(POINTS) nice -n 15 $(BIN)/python -m pytest -rsP tests/power_cuts $(ARGS)

# A month of a busy trap as fast as its models judge, some eleven minutes (docs/soak.md). VISITS=N a day.
VISITS ?= 20
test-soak: $(VENV)/.dev-ready
	@sh .ci/install-mosquitto
	@IRBIS_SOAK=$(VISITS) nice -n 15 $(BIN)/python -m pytest -rsP tests/soak $(ARGS)

# As root, about four minutes: Irbis with all its packages into a Debian root and into an image, and
# away again (docs/provision.md). The root is made once, with mmdebstrap.
test-provision: $(VENV)/.dev-ready
	@IRBIS_PROVISION=1 nice -n 10 $(BIN)/python -m pytest -rsP tests/image/test_provision_real.py $(ARGS)

# Boots a built card's image in QEMU, lets it work, kills it, cuts its power (docs/image.md). IMAGE
# names it; without one, it is built first, as root.
IMAGE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/irbis-image/irbis-qemu-bookworm.img.zst
$(IMAGE): | $(VENV)/.dev-ready
	@mkdir -p "$(dir $(IMAGE))"
	@nice -n 5 $(BIN)/irbis image build --board qemu --release bookworm --out "$(IMAGE)"

test-image: $(VENV)/.dev-ready $(IMAGE)
	@IRBIS_IMAGE="$(IMAGE)" $(BIN)/python -m pytest -p xdist -n 0 -rsP --durations=0 tests/image/boot $(ARGS)

# The same card gets two signed updates, one of which does not start: 20 minutes.
test-image-update: $(VENV)/.dev-ready $(IMAGE)
	@IRBIS_IMAGE_UPDATE="$(IMAGE)" $(BIN)/python -m pytest -p xdist -n 0 -rsP --durations=0 tests/image/boot/test_update.py $(ARGS)

# The same card in QEMU's Raspberry Pi 3: three minutes.
test-image-pi3: $(VENV)/.dev-ready $(IMAGE)
	@IRBIS_IMAGE_PI3="$(IMAGE)" $(BIN)/python -m pytest -p xdist -n 0 -rsP tests/image/boot/test_pi3.py $(ARGS)

# Half a minute: a real U-Boot chooses between slots in QEMU (docs/updates.md).
test-slots: $(VENV)/.dev-ready
	@IRBIS_SLOTS=1 nice -n 10 $(BIN)/python -m pytest -rs tests/image/test_update_uboot.py $(ARGS)

# As root, half a minute: the Pi's camera with picamera2's and libcamera's real code. The first time,
# some five minutes, it makes the Debian that they run in; `make test` has it from then on.
test-picamera: $(VENV)/.dev-ready
	@IRBIS_PICAMERA=1 nice -n 10 $(BIN)/python -m pytest -p xdist -n 0 -rsP tests/picamera $(ARGS)

# As root, one to three minutes: triggers on GPIO lines of a real kernel, in a guest in QEMU. The first
# time, some ten minutes, it makes the guest and builds the kernel's gpio-sim for it.
test-gpio: $(VENV)/.dev-ready
	@IRBIS_GPIO=1 nice -n 10 $(BIN)/python -m pytest -p xdist -n 0 -rsP tests/gpio $(ARGS)

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
	$(BIN)/uv pip compile pyproject.toml --extra card --universal --python-version 3.11 \
		--generate-hashes -q -o requirements/image.lock

clean:
	rm -rf $(VENV) build *.egg-info
