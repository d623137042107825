# Every target sets up what it needs by itself: a virtual environment in .venv with this checkout
# in it. PYTHON chooses the interpreter (3.11 or newer).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_OPTIONS ?=

# What is imported is compiled once and kept, also where the surroundings ask for the contrary: it
# is half of the start of a process, and the tests start hundreds. What nothing imports is not
# compiled (--no-compile), which is half of an installation.
unexport PYTHONDONTWRITEBYTECODE
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile

.PHONY: demo test test-fewer-programs trials lint base bench crash commit-cuts cut-over docs fuzz mutants audit lock dist image version clean help loan-table reference pictures

help:
	@echo "make demo        a working library system on 127.0.0.1, in a temporary folder"
	@echo "make test        the tests, and a draw of what is long"
	@echo "make test-fewer-programs  the tests in clean clones, without npm and with Python alone"
	@echo "make trials      what is long, whole: property tests, faults, tutorials, crashes, fuzzing, mutants"
	@echo "make lint        ruff, mypy, the import rules, and tsc over the scripts of the desk"
	@echo "make base        make demo, every --help and the README, in an environment without extras"
	@echo "make bench       measurements: loading, searching, lending"
	@echo "make cut-over    rehearses a change of systems: sixty days, switches, kills, a drawn old system"
	@echo "make crash       kills the server again and again under load, and looks at what is left"
	@echo "make commit-cuts cuts its connections to PostgreSQL during COMMIT, under load"
	@echo "make fuzz        feeds every parser with mutations of real messages"
	@echo "make mutants     small mistakes in the rules of lending, money and rights: do tests see them?"
	@echo "make audit       known vulnerabilities in what is installed"
	@echo "make lock        locks the newest releases that setup.cfg allows, for the image and the tests"
	@echo "make dist        sdist and wheel in dist, each installed and tried outside this checkout"
	@echo "make image       the image of deploy/Containerfile, built on a new Debian and started (root, buildah)"
	@echo "make version     the version of this checkout: that of the next release, with the commit"
	@echo "make docs        the documents as a site in build/docs; a link that leads nowhere fails"
	@echo "make loan-table  writes the tables of loan states into the READMEs of circulation"
	@echo "make reference   writes docs/reference: settings, rights, commands, the HTTP API"
	@echo "make pictures    takes the pictures of the documents anew, from a demo in Chromium"
	@echo "make clean       removes the virtual environment and what tools left"

demo: $(VENV)/run
	$(BIN)/tiro demo $(DEMO_OPTIONS)

# More workers than cores, since many tests wait for servers; each begins with a stretch of its own and
# takes from the others at the end, so that what the tests of a module share is made once.
WORKERS ?= $(shell echo $$(( $$(nproc) + ($$(nproc) + 1) / 2 )))
PYTEST := $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal $(PYTEST_OPTIONS)

# The tests of pages in a browser use axe-core. Where npm is missing or its registry cannot be
# reached, these tests are skipped, with the reason.
NODE_FOR_TESTS := @if command -v npm >/dev/null && command -v chromium >/dev/null; then \
	$(MAKE) --no-print-directory node_modules/installed || echo "axe-core was not installed"; fi

test: $(VENV)/development
	$(NODE_FOR_TESTS)
	$(PYTEST)

# In clean clones, without programs that the tests can use: one without npm, one with Python alone.
# FEWER_OPTIONS: the environment, --tests.
test-fewer-programs: $(VENV)/development
	$(BIN)/python -m tests.fewer_programs $(FEWER_OPTIONS)

# TRIALS_SEED says what is drawn, and in which order; it is the day, where nothing is said.
TRIALS_SEED ?= $(shell date -u +%Y%m%d)
trials: $(VENV)/development
	$(NODE_FOR_TESTS)
	TIRO_TESTS_SEED=$(TRIALS_SEED) $(PYTEST) --trials --hypothesis-seed=$(TRIALS_SEED)
	$(BIN)/python -m tests.cut_over --seed $(TRIALS_SEED) $(CUT_OVER_OPTIONS)
	$(BIN)/python -m tests.crash --seed $(TRIALS_SEED) $(CRASH_OPTIONS)
	$(BIN)/python -m tests.commit_cuts --seed $(TRIALS_SEED) $(COMMIT_CUTS_OPTIONS)
	$(BIN)/python -m tests.fuzz --seed $(TRIALS_SEED) $(FUZZ_OPTIONS)
	$(BIN)/python -m tests.fuzz.iso18626 --seed $(TRIALS_SEED)
	$(BIN)/python -m tests.protocols.iso18626.killed --seed $(TRIALS_SEED)
	$(BIN)/python -m tests.protocols.iso18626.killed --seed $(TRIALS_SEED) --database postgresql
	$(BIN)/python -m tests.mutants --seed $(TRIALS_SEED) $(MUTANTS_OPTIONS)

lint: $(VENV)/development node_modules/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	node_modules/.bin/tsc --project .

base: $(VENV)/development
	$(BIN)/python -m tests.base_installation

bench: $(VENV)/development
	$(BIN)/python -m tests.bench

# CRASH_OPTIONS and FUZZ_OPTIONS: --kills, --database, --seed; --count, --parser, --seed, --engine.
# COMMIT_CUTS_OPTIONS: --cuts, --seed.
# CUT_OVER_OPTIONS: --days, --acts, --kills, --seed, --keep FOLDER.
cut-over: $(VENV)/development
	$(BIN)/python -m tests.cut_over $(CUT_OVER_OPTIONS)

crash: $(VENV)/development
	$(BIN)/python -m tests.crash $(CRASH_OPTIONS)

commit-cuts: $(VENV)/development
	$(BIN)/python -m tests.commit_cuts $(COMMIT_CUTS_OPTIONS)

fuzz: $(VENV)/development $(if $(findstring atheris,$(FUZZ_OPTIONS)),$(VENV)/fuzz)
	$(BIN)/python -m tests.fuzz $(FUZZ_OPTIONS)

# MUTANTS_OPTIONS: --count, --seed, --least, --processes, --room. Which test reaches what is kept in
# build/mutants.json until a file changes.
mutants: $(VENV)/development
	$(BIN)/python -m tests.mutants $(MUTANTS_OPTIONS)

audit: $(VENV)/development
	$(BIN)/python -m tests.audit

# The lock files name each release with its hashes, for every Python and platform that Tiro knows.
LOCK := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock" setup.cfg
lock: $(VENV)/development
	$(LOCK) --extra postgresql --extra passkeys --output-file deploy/requirements.txt
	$(LOCK) $(foreach extra,postgresql passkeys test docs release lint,--extra $(extra)) \
		--constraint deploy/requirements.txt --output-file tests/requirements.txt

dist: $(VENV)/development
	$(BIN)/python -m tests.distributions $(CURDIR)/dist

image: $(VENV)/development
	$(BIN)/python -m tests.image $(IMAGE_OPTIONS)

version: $(VENV)/development
	@$(BIN)/python setup.py --version

docs: $(VENV)/development
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -c docs . build/docs

# The pictures of what can be done with an item in which state, written into the READMEs.
loan-table: $(VENV)/run
	$(BIN)/python -m circulation.loans.states circulation/loans/README.md
	$(BIN)/python -m circulation.interlending.states circulation/interlending/README.md

# The reference: library.toml from the sections of the set-up, the API from its table.
reference: $(VENV)/run
	$(BIN)/python -m circulation.setting_up.reference docs/reference/library-toml.md
	$(BIN)/python -m circulation.staff.reference docs/reference/rights.md
	$(BIN)/python -m protocols.api.reference docs/reference
	$(BIN)/python -m protocols.commands.reference docs/reference

pictures: $(VENV)/development
	$(BIN)/python -m tests.pictures docs/pictures

# The stamps: one for each set of dependencies, made again when those change.

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Tiro needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run: setup.cfg setup.py pyproject.toml $(BIN)/python
	$(INSTALL) --quiet --editable .
	@touch $@

# What tests and tools run with: the releases of the lock file, the same everywhere. The base
# installation, above, takes the newest that setup.cfg allows, as a user gets them.
$(VENV)/development: tests/requirements.txt setup.cfg setup.py pyproject.toml $(BIN)/python
	$(INSTALL) --require-hashes --requirement tests/requirements.txt
	$(INSTALL) --quiet --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/run

# TypeScript, which checks the scripts of the desk, and axe-core for its tests: no run needs them.
node_modules/installed: package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# Guided by coverage, with --engine atheris, which is not to be had for every Python.
$(VENV)/fuzz: $(VENV)/development
	$(INSTALL) --quiet --editable '.[fuzz]'
	@touch $@

clean:
	find catalogue circulation protocols tests -name __pycache__ -prune -exec rm -rf {} +
	rm -rf $(VENV) node_modules build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
