# make demo   divide the sample district and open its map
# make test   run all tests
# make lint   style and types
# Each makes .venv on its first run. Another Python: make demo PYTHON=python3.13. More options: make demo ARGS="--port 9000"

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PROJECT := pyproject.toml hatch_build.py package.json package-lock.json
ARGS ?=

.PHONY: demo test lint clean

demo: $(VENV)/.core
	$(BIN)/gridmap demo $(ARGS)

test: $(VENV)/.test
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) gridmap/web/vendor build dist

# A registry that does not answer is asked again; every other fault of pip stays a fault after the third try.
define install
	@for wait in 5 20 0; do \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --retries 5 --editable '$(1)' && exit 0; \
	  echo "pip did not succeed; trying again after $$wait s" >&2; sleep $$wait; \
	done; echo "The packages could not be installed: see pip's words above." >&2; exit 1
	@touch $@
endef

$(VENV)/.core: $(VENV)/.made $(PROJECT)
	@echo "Installing gridmap and what it needs into $(VENV) (a minute or two, once) ..."
	$(call install,.)

$(VENV)/.test: $(VENV)/.made $(PROJECT)
	@echo "Installing gridmap and what its tests need into $(VENV) (a few minutes, once) ..."
	$(call install,.[test])

$(VENV)/.made:
	@command -v $(PYTHON) >/dev/null || { echo "gridmap needs Python 3.11 or newer. Install it: apt install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "gridmap needs Python 3.11 or newer; $(PYTHON) is older. Name another: make demo PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing. Install it: apt install python3-venv" >&2; exit 1; }
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@touch $@
