# Gangshao 岗哨: one command for each thing one does here. Plain `make` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python -m pipelines
DATA := $(or $(GANGSHAO_DATA),data/var)
DEBIAN := chromium fonts-noto-cjk
DEPLOY := postgresql libreoffice-calc nginx openssl systemd
SCALE ?= 0.1
DAYS ?= 900
REPLAY ?= 35
SHUFFLE := $(if $(ORDER),-p randomly --randomly-seed=$(ORDER))

.DEFAULT_GOAL := help
.PHONY: help run test quick setup check reference docs licences format serve manual setup-bench bench torture test-deploy debian lock

help: ## list what one can do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: setup ## set up, make the demonstration city, run its last days, serve the dashboard
	@$(RUN) tryout --days $(DAYS) --scale $(SCALE) --replay $(REPLAY)

test: setup debian ## set up and run all tests that CI runs (ORDER=1 for another order)
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadgroup $(SHUFFLE) --durations 8 tests/unit tests/spec tests/pipeline tests/faults tests/dashboard

quick: setup ## unit tests and the specification, no browser: a minute, for every save
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadgroup $(SHUFFLE) tests/unit tests/spec

setup: $(VENV)/.installed ## create .venv with the locked packages

$(VENV)/.installed: requirements.lock requirements-test.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked packages (about a minute) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock -r requirements-test.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

check: setup ## formatting, lint, types, import contracts, portable SQL, words, generated pages, bandit
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache > /dev/null || $(BIN)/lint-imports --no-cache
	@$(BIN)/python -m tests.guard && $(BIN)/python -m tests.words && $(BIN)/python -m tests.reference --check
	@$(BIN)/bandit --quiet --recursive --severity-level medium models pipelines dashboard 2> /dev/null

reference: setup ## write docs/reference and the handbook anew from the program
	@$(BIN)/python -m tests.reference

docs: setup ## build the documents as a site in build/site; warnings are errors, nothing in it is loaded from elsewhere
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-docs.lock
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@! grep -rlE '<(script|link|img|iframe)[^>]*(src|href)="?(https?:)?//|url\((https?:)?//' build/site --include=*.html --include=*.css

licences: setup ## name, version and licence of every locked package; fails on one that is not accepted
	@$(BIN)/python -m tests.licence

format: setup ## let ruff format and mend what it can
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --quiet --fix .

serve: setup ## serve what is published
	@$(RUN) serve

manual: setup debian ## take the pictures of the manual page and of the README, from the small city of the tests
	@GANGSHAO_MANUAL=dashboard/assets/manual $(BIN)/python -m pytest -q tests/dashboard/test_manual_page.py
	@GANGSHAO_MANUAL=docs $(BIN)/python -m pytest -q tests/dashboard/test_warning_picture.py

setup-bench: setup ## add the packages that only benchmarks need
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock

bench: setup-bench ## figures: stages, detect, detect_rows, detect_sources, claims, ingest, day, forecast, disclosure, notices, load, pages (BENCH=name for one, SMALL=--small for a short form)
	@set -e; for name in $(or $(BENCH),stages detect detect_rows detect_sources claims ingest day forecast disclosure notices load pages); do OMP_NUM_THREADS=1 $(BIN)/python -m tests.bench $$name $(SMALL); done

torture: setup debian ## the long sweeps: every kill point, long replays, every page of every role in both schemes
	@GANGSHAO_TORTURE=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadgroup tests/unit tests/spec tests/faults tests/pipeline tests/dashboard

test-deploy: setup ## tests that need PostgreSQL's programs, LibreOffice and nginx; run as root they install what is missing
	@{ ls /usr/lib/postgresql/*/bin/initdb && command -v soffice && command -v nginx && command -v openssl && command -v systemd-analyze; } > /dev/null 2>&1 || { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq $(DEPLOY); } \
		|| { echo "PostgreSQL, LibreOffice, nginx, openssl or systemd-analyze is missing. Install them with: sudo apt-get install $(DEPLOY)"; exit 1; }
	@$(BIN)/python -m pytest tests/deploy

debian:
	@{ command -v chromium && fc-list :lang=zh | grep -q . ; } > /dev/null 2>&1 || { test "$$(id -u)" = 0 && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(DEBIAN) fontconfig > /dev/null; } \
		|| { echo "A browser or a Chinese font is missing. Install them with: sudo apt-get install $(DEBIAN)"; exit 1; }

lock: ## write the lock files anew (needs uv)
	@for extra in "" test bench docs; do uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
		--python-version 3.11 --no-header --no-annotate --quiet $${extra:+--extra $$extra -c requirements.lock} $$(case "$$extra" in (bench|docs) echo "-c requirements-test.lock";; esac) -o requirements$${extra:+-$$extra}.lock; done
