# make bench    five attempts on each of the twenty built-in tasks; ARGS="+tasks=quick attempts=2" for others
# make test     every test; ARGS="-k name" for some of them
# make check    style, types and the quick tests, in under a minute
.PHONY: bench test check clean
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready
DEV_STAMP := .venv/.ready-dev
SHARED := -n 2 --dist loadscope --no-loadscope-reorder

bench: $(STAMP)
	@$(BIN)/python -m runners.bench $(if $(ARGS),$(ARGS),+tasks=all)

test: $(DEV_STAMP)
	$(BIN)/python -m pytest $(SHARED) $(ARGS)

check: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest $(SHARED) -m "not ray and not slow"

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv where it is installed, pip otherwise. Compiled bytecode halves the time that Ray and MLflow take to start.
define install
	@if command -v uv >/dev/null 2>&1; then \
	  set -e; test -x $(BIN)/python || uv venv --quiet --python $(PYTHON) .venv; \
	  uv pip install --quiet --compile-bytecode --python $(BIN)/python -c constraints.txt -e "$(1)"; \
	else \
	  set -e; test -x $(BIN)/pip || $(PYTHON) -m venv .venv; \
	  PYTHONDONTWRITEBYTECODE= $(BIN)/pip install --quiet --disable-pip-version-check --compile \
	    -c constraints.txt -e "$(1)"; \
	fi
endef

$(STAMP): pyproject.toml constraints.txt
	@echo "setting up .venv (once, a few minutes)"
	$(call install,.)
	@touch $@

$(DEV_STAMP): $(STAMP)
	@echo "adding the test tools to .venv (once)"
	$(call install,.[dev])
	@touch $@
