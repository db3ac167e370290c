# Two commands do everything, set-up included: make demo, make test.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTHONS := python3 python3.13 python3.12 python3.14 python3.11

.PHONY: demo test lint unit booking format clean

demo: $(READY)
	@$(BIN)/detachlint check fixtures/booking; status=$$?; echo; \
	if [ $$status -eq 1 ]; then \
		echo "Each fault above is in fixtures/booking/legacy, and a test drives the request that fails there."; \
		echo "fixtures/booking/app is the same product without them. Next: make test"; \
	else \
		echo "The demo went wrong: exit status $$status, and 1 was expected." >&2; exit 1; \
	fi

test: lint unit booking

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(READY)
	$(BIN)/pytest -q -n auto

booking: $(READY)
	cd fixtures/booking && ../../$(BIN)/pytest -q -n auto

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# Installed once, and again when the dependencies change.
$(READY): pyproject.toml
	@if [ ! -x $(BIN)/python ]; then \
		for python in $(PYTHONS); do \
			if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
				echo "Making $(VENV) with $$($$python --version) ..."; \
				$$python -m venv $(VENV) && break; \
			fi; \
		done; \
	fi
	@test -x $(BIN)/python || { echo "Python 3.11 or newer is needed, with its venv module." >&2; exit 1; }
	@echo "Installing detachlint and what its tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
