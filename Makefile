# The two commands to know: make demo, make test. Everything they need they install into .venv.
PYTHON ?= python3
BIN    := .venv/bin
PYTEST := $(BIN)/python -m pytest --hypothesis-profile=ci -n auto

.DEFAULT_GOAL := help
.PHONY: help setup demo test browser-test check prove rulebook mutate lint types fences generated generate bench pins clean

help: ## show this list
	@echo 'make demo     set up, interpret a published case, say what to try next'
	@echo 'make test     set up and run all tests'
	@echo 'make check    everything that must hold before a change lands: style, types, fences, generated pages, tests'
	@echo 'make prove    prove the safety invariants for every possible patient'
	@echo 'make prove-twice  let a second solver check every proof'
	@echo 'make mutate   change every rule and limit, and list the changes that no worked patient notices'
	@echo 'make rulebook write the rules as a site of pages into build/rulebook'
	@echo 'make browser-test  the pages in a real browser (installs Chromium when run as root on Debian)'
	@echo 'make bench    how fast, as ratios in one run; writes nothing'
	@echo 'make setup    make .venv with the program at .venv/bin/cobalens'
	@echo 'make generate write the generated pages anew'
	@echo 'make pins     choose the newest versions of all libraries and pin them'
	@echo 'make clean    remove .venv and everything else that can be made again'
	@echo 'Another Python: make setup PYTHON=python3.12'

setup: ## make .venv
	@$(PYTHON) tools/bootstrap.py

demo: setup
	@$(BIN)/cobalens demo

test: setup
	$(PYTEST) $(ARGS)

check: lint types fences generated test

prove: setup
	@$(BIN)/cobalens prove

rulebook: setup
	@$(BIN)/cobalens rulebook --out build/rulebook

browser-test: setup
	@$(PYTHON) tools/chromium.py
	$(PYTEST) tests/rulebook/in_browser.py $(ARGS)

prove-twice: setup
	$(BIN)/python -m tests.proofs.second_solver

mutate: setup
	$(BIN)/python -m tests.spec.mutate

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

generate: setup
	$(BIN)/python tools/generate.py

pins: setup
	$(BIN)/python tools/pins.py

clean:
	rm -rf .venv .tools .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
