# Crossover: every target sets up what it needs. The two to know: make report, make test.
#
#   make report   measure the quick set and a small map on this machine and write the HTML page (5 minutes)
#   make map      which strategy is fastest at which sizes: the map alone, finer (6 minutes; resumable)
#   make test     lint, types and all tests
#   make coverage all tests, and which lines none of them runs
#   make full     the large sets: planes of sizes, real shapes, numpy issue 23176 (hours; resumable)
#   make eras     the published claims in seven eras of NumPy, Python 3.8 to 3.13 (half an hour; resumable)
#   make publish  write the pages from the results that are there; in a fresh clone, from the reference results
#   make figures  make the README's picture and table from the published results
#   make pins     renew requirements/*.txt from pyproject.toml, for Python 3.11 and all newer ones
#   make clean    remove the environment and caches; results stay

.PHONY: report test coverage map full eras publish figures pins clean
.DELETE_ON_ERROR:

# The first interpreter that is new enough; PYTHON=... on the command line overrides it.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready

report: $(READY)
	$(RUN) -m benchmarks report Quick Map

map: $(READY)
	$(RUN) -m benchmarks map

full: $(READY)
	$(RUN) -m benchmarks report Laptop Real Scatter1D

eras: $(READY)
	$(RUN) -m benchmarks eras
	$(RUN) -m reports claims

publish: $(READY)
	$(RUN) -m reports publish

figures: $(READY)
	$(RUN) -m reports readme

test: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(RUN) -m pytest -n 2 --dist worksteal --durations=10

# Apart from the tests: counting lines doubles their time.
coverage: $(READY)
	$(RUN) -m pytest --cov --cov-report=term:skip-covered

# The locks are complete: pip takes them as they are and resolves nothing, so that no later release changes a set-up.
# What has no wheel for this machine is built with requirements/build.txt, not with what a build would fetch.
LOCKED := -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --no-build-isolation

$(READY): requirements/build.txt requirements/suite.txt
	@test -n "$(PYTHON)" || { echo "Crossover needs Python 3.11 or newer on the PATH: install it, or name it with make PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(RUN) $(LOCKED) -r requirements/build.txt
	$(RUN) $(LOCKED) -r requirements/suite.txt
	$(RUN) -m pip check
	touch $@

# uv lives in an environment of its own, so that no pin depends on it.
pins:
	@test -n "$(PYTHON)" || { echo "Crossover needs Python 3.11 or newer on the PATH" >&2; exit 1; }
	$(PYTHON) -m venv .venv-uv
	.venv-uv/bin/python $(LOCKED) -r requirements/uv.txt
	.venv-uv/bin/python requirements/renew.py

clean:
	rm -rf $(VENV) .venv-uv .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage
