# Crossover: every target sets up what it needs. The two to know: make report, make test.
#
#   make report   measure the quick set and a small map on this machine and write the HTML page (5 minutes)
#   make map      which strategy is fastest at which sizes: the map alone, finer (6 minutes; resumable)
#   make test     lint, types and all tests
#   make full     the large sets: planes of sizes, real shapes, numpy issue 23176 (hours; resumable)
#   make eras     the published claims in six eras of NumPy, Python 3.8 and 3.11 (half an hour; resumable)
#   make publish  write the pages from the results that are there; in a fresh clone, from the reference results
#   make figures  make the README's picture and table from the published results
#   make pins     renew requirements/*.txt from pyproject.toml
#   make clean    remove the environment and caches; results stay

.PHONY: report test map full eras publish figures pins clean
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
	$(RUN) -m pytest --cov --cov-report=term:skip-covered --durations=10

$(READY): requirements/suite.txt
	@test -n "$(PYTHON)" || { echo "Crossover needs Python 3.11 or newer on the PATH: install it, or name it with make PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/suite.txt
	touch $@

# uv resolves for every platform at once; it lives in an environment of its own, so that no pin depends on it.
UV := .venv-uv/bin/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --upgrade \
	--generate-hashes --no-emit-index-url --custom-compile-command "make pins" pyproject.toml
MEASURE := --extra numba --extra jax --extra pandas --extra measure

pins:
	@test -n "$(PYTHON)" || { echo "Crossover needs Python 3.11 or newer on the PATH" >&2; exit 1; }
	$(PYTHON) -m venv .venv-uv && .venv-uv/bin/python -m pip install --quiet uv
	$(UV) $(MEASURE) -o requirements/measure.txt
	$(UV) $(MEASURE) --extra report --extra test -c requirements/measure.txt -o requirements/suite.txt

clean:
	rm -rf $(VENV) .venv-uv .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage
