# Two commands do all the set-up on a machine with Python 3.11 or 3.12 and pip:
#   make demo    own virtual environment, install, real run (offline after the install)
#   make test    own virtual environment, install of the wheel, all tests but the slow ones
#   make docs    the pages of the site, in docs/_build/html
#   make slow    the slow ones: kills, full disks, clusters, damaged media, whole runs
#   make release-check    both distributions, built, read and installed; see RELEASING.md

PYTHON ?= python3
JOBS   ?= 2
PYTEST_ARGS ?= -n $(JOBS) --dist loadfile --durations=15
VENV   := .venv
BIN    := $(VENV)/bin
SHIPPED = $(shell git ls-files '*.py' 'extract/synth/assets/*' 'extract/corrections/*.toml' 'extract/pages/*.css' 'extract/pages/*.html' 'extract/pages/*.js' 'extract/viewing/*.css' 'extract/viewing/*.html' 'extract/viewing/*.js' 'features/acoustic/*.conf' pyproject.toml README.md 2>/dev/null)

# A thread a worker: torch's own pools, one a process, would fight for the cores.
PYTEST = OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST_ARGS)

# A local S3 server and a local cluster; in one step with the rest pip finds no way through.
SERVERS = s3fs aiohttp 'moto[server]>=5' 'dask>=2026' 'distributed>=2026'

.PHONY: demo test slow lint docs bench fuzz release-check clean

demo: $(VENV)/installed
	$(BIN)/depx demo demo --jobs $(JOBS)

test: $(VENV)/tested
	$(PYTEST) -m "not slow"

slow: $(VENV)/tested
	$(PYTEST) -m slow

# ruff, and mypy on a copy whose folder bears the package's name: the root is the package
lint: $(VENV)/linted
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	rm -rf $(VENV)/checked && mkdir -p $(VENV)/checked/depx
	git archive HEAD | tar -x -C $(VENV)/checked/depx
	cd $(VENV)/checked/depx && ../../bin/mypy --cache-dir ../../mypy .
	test ! -x $(BIN)/hadolint || $(BIN)/hadolint docker/Dockerfile

# Warnings are errors: a link that leads nowhere, a docstring that does not parse; and so is a page that
# loads anything from elsewhere.
docs: $(VENV)/documented
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	$(BIN)/python docs/outside.py docs/_build/html

bench: $(VENV)/tested
	$(BIN)/python -m pytest tests/bench

# Ten times as many damaged files a format as CI reads, others each time, and five times as many kills.
fuzz: $(VENV)/tested
	DEPX_FUZZ_EXAMPLES=200 DEPX_KILLS=30 $(PYTEST) --hypothesis-profile=default tests/reliability/fuzz tests/reliability/test_kill.py tests/train/test_train_killed.py

# In a clean clone, so what is not committed is not released.
release-check: $(VENV)/linted
	PYTHON=$(abspath $(BIN)/python) .ci/release-check

# A wheel, not an editable install, so that a forgotten package or asset shows.
$(VENV)/installed: $(SHIPPED)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	rm -rf build *.egg-info
	$(BIN)/python -m pip install --quiet .
	rm -rf build
	$(BIN)/python -m pip install --quiet --force-reinstall --no-deps .
	rm -rf build *.egg-info
	touch $@

$(VENV)/tested: $(VENV)/installed
	$(BIN)/python -m pip install --quiet '.[test]'
	$(BIN)/python -m pip install --quiet $(SERVERS)
	rm -rf build *.egg-info
	touch $@

$(VENV)/linted: $(VENV)/tested
	$(BIN)/python -m pip install --quiet '.[dev]'
	rm -rf build *.egg-info
	touch $@

$(VENV)/documented: $(VENV)/installed
	$(BIN)/python -m pip install --quiet '.[docs]'
	rm -rf build *.egg-info
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info demo docs/_build
