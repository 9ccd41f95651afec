# Two commands: `make demo` animates a face, `make test` checks everything. Both set themselves up.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-warn-conflicts
DATA ?= data

.PHONY: demo test check bundle clean help

help:
	@echo "make demo                 set up, then animate demo speech in the style of a demo video"
	@echo "make demo AUDIO=a STYLE=s the same with your own sound, and video, curves or style name"
	@echo "make test                 set up, then lint, types, floors and tests"
	@echo "make bundle DATA=folder   retrain the embedded model from recordings (hours)"

$(VENV)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 13) else \
	  f"Python 3.11 or 3.12 is needed, this is {v[0]}.{v[1]}: make PYTHON=/path/to/python3.12")'
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run: $(VENV)/python requirements/run.lock requirements/capture.lock requirements/mediapipe.lock pyproject.toml
	@echo "Installing (about 1.5 GB; minutes, once) ..."
	@$(PIP) -r requirements/run.lock -r requirements/capture.lock
	@$(PIP) --no-deps -r requirements/mediapipe.lock
	@$(PIP) --no-deps --editable .
	@touch $@

$(VENV)/dev: $(VENV)/run requirements/study.lock requirements/dev.lock
	@$(PIP) -r requirements/dev.lock
	@touch $@

AUDIO ?= examples/line.ogg
STYLE ?= examples/style_happy.mp4
OUT ?= take
NEUTRAL ?= $(if $(filter examples/style_happy.mp4,$(STYLE)),0.5s,auto)

demo: $(VENV)/run
	@$(BIN)/msmd animate $(AUDIO) --style $(STYLE) --neutral $(NEUTRAL) -o $(OUT)/

test: $(VENV)/dev check
	@OMP_NUM_THREADS=1 MSMD_DATA=$(DATA) $(BIN)/python -m pytest

check: $(VENV)/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/pyright

bundle: $(VENV)/dev
	@PATH="$(abspath $(BIN)):$$PATH" tools/retrain.sh $(DATA)

clean:
	rm -rf $(VENV) build dist src/*.egg-info
