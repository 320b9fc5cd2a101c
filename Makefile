# The two commands to know: make demo, make test. Everything they need they install into .venv.
PYTHON ?= python3
BIN    := .venv/bin
# Each process keeps to a stretch of the tests, so that what a module prepares is seldom prepared twice.
PYTEST := $(BIN)/python -m pytest --hypothesis-profile=ci -n auto --dist worksteal

.DEFAULT_GOAL := help
.PHONY: agree-cohort agree-spark help setup setup-spark demo test spec browser-test check prove rulebook serve mutate study fuzz fuzz-guided lint types fences generated generate messages bench pins clean

help: ## show this list
	@echo 'make demo     set up, interpret a published case, say what to try next'
	@echo 'make test     set up and run all tests'
	@echo 'make spec     the worked patients of every rule alone, in seconds and without Spark'
	@echo 'make check    everything that must hold before a change lands: style, types, fences, generated pages, tests'
	@echo 'make prove    prove the safety invariants for every possible patient'
	@echo 'make prove-twice  let a second solver check every proof'
	@echo 'make mutate   change every rule and limit, and list the changes that no worked patient notices'
	@echo 'make fuzz     read 200,000 broken records in four formats; a crash, a hang or a lost line fails (N=1000 for a short run)'
	@echo 'make fuzz-guided  the same, grown by what the inputs reach in the readers (RUNS=50000 SECONDS=600)'
	@echo 'make agree-cohort  the rules as SQL against the reference engine for 10,000 generated people under every pack (N=1000 for a short run)'
	@echo 'make agree-spark  from raw events to answers on Spark against the readers, the reference engine and DuckDB, for 10,000 people'
	@echo 'make rulebook write the rules as a site of pages into build/rulebook'
	@echo 'make serve    the pages at http://127.0.0.1:8612/, on this computer alone'
	@echo 'make browser-test  the pages in a real browser (installs Chromium when run as root on Debian)'
	@echo 'make bench    how fast, as ratios in one run; writes nothing'
	@echo 'make study    the reference population through Cobalens, as a report in build/study'
	@echo 'make setup    make .venv with the program at .venv/bin/cobalens'
	@echo 'make generate write the generated pages anew'
	@echo 'make messages bring the translations up to date with the English text'
	@echo 'make pins     choose the newest versions of all libraries and pin them'
	@echo 'make clean    remove .venv and everything else that can be made again'
	@echo 'Another Python: make setup PYTHON=python3.12'

setup: ## make .venv
	@$(PYTHON) tools/bootstrap.py

demo: setup
	@$(BIN)/cobalens demo

setup-spark: setup
	@$(PYTHON) tools/spark.py

test: setup-spark
	$(PYTEST) $(ARGS)

spec: setup
	$(PYTEST) tests/spec $(ARGS)

check: lint types fences generated test

prove: setup
	@$(BIN)/cobalens prove

rulebook: setup
	@$(BIN)/cobalens rulebook --out build/rulebook

serve: setup
	@$(BIN)/cobalens serve $(ARGS)

browser-test: setup
	@$(PYTHON) tools/chromium.py
	$(PYTEST) tests/rulebook/in_browser.py tests/report/in_browser.py tests/browser/test_paths.py tests/browser/test_live_charts.py tests/browser/every_state.py tests/browser/every_path.py $(ARGS)

prove-twice: setup
	$(BIN)/python -m tests.proofs.second_solver

mutate: setup
	$(BIN)/python -m tests.spec.mutate

study: setup
	@$(BIN)/python -m studies.nhanes

fuzz: N ?= 200000
fuzz: setup
	$(BIN)/python -m tests.records.fuzz $(N)

fuzz-guided: RUNS ?= 50000
fuzz-guided: SECONDS ?= 600
fuzz-guided: setup
	$(BIN)/python -m tests.records.fuzz_guided $(RUNS) $(SECONDS)

agree-cohort: N ?= 10000
agree-cohort: setup
	$(BIN)/python -m tests.cohort.rules_agreement $(N)

agree-spark: N ?= 10000
agree-spark: setup-spark
	$(BIN)/python -m tests.cohort.long_spark $(N)
	$(BIN)/python -m tests.cohort.omop_on_spark

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

fences: setup
	$(BIN)/lint-imports

bench: setup
	@$(BIN)/python -m bench.run

generated: setup
	$(BIN)/python tools/generate.py --check
	$(BIN)/python tools/messages.py --check

generate: setup
	$(BIN)/python tools/generate.py

messages: setup
	$(BIN)/python tools/messages.py

pins: setup
	$(BIN)/python tools/pins.py

clean:
	rm -rf .venv .tools .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
