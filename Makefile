# Thin on purpose: a target is one call of `python -m memstudy`, pytest or ruff, in an environment
# that is built when it is missing or stale (lib/memstudy/bootstrap.py). `make` alone lists them.
#
#   PYTHON=/path/to/python3.12   the interpreter that makes the environment (Python >= 3.11);
#                                without it the first python3, and an existing one keeps its own
#   VENV=/path/to/environment    where it stands (.venv)
#   PROFILE=cpu                  for reproduce: smoke, cpu, gpu or paper

VENV    = .venv
PROFILE = cpu
EXTRAS  = notebooks,pretrained,quantised,test,text
PY      = "$(VENV)/bin/python"

# The study is run with what the lock names and with this checkout's library, nothing else. Compiled
# modules are kept: the environment begins without any, and compiling PyTorch in every process anew
# would take longer than most tests.
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

# Where this Makefile stands, spaces and all. Called from elsewhere (make -f), start again there.
HERE := $(shell file="$(MAKEFILE_LIST)"; cd "$$(dirname "$${file# }")" && pwd -P)
ifneq ($(HERE),$(CURDIR))
$(or $(MAKECMDGOALS),help):
	@$(MAKE) --no-print-directory -C "$(HERE)" $@
.PHONY: $(or $(MAKECMDGOALS),help)
else

# An existing environment's own Python is asked first: quick, and sure to be new enough.
SETUP_PYTHON = "$(or $(PYTHON),$$([ -x $(PY) ] && echo $(PY) || echo python3))"
BOOTSTRAP = $(SETUP_PYTHON) -I -c '' 2>/dev/null \
  || { echo "set-up: $(or $(PYTHON),python3) is no usable Python; give one of 3.11 or newer: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }; \
  $(SETUP_PYTHON) -I lib/memstudy/bootstrap.py
INSTALL = $(BOOTSTRAP) environment "$(VENV)" $(if $(PYTHON),--this-python) --extras
STEPS   = lint unit contract smoke nbval unchanged

# Tests run in one process more than there are cores: many wait for processes that they start. A
# file's tests stay together, and files with slow tests begin first, so that none is left to one
# core at the end (tests/conftest.py).
PYTEST  = OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(PY) -m pytest -n $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --maxprocesses 5 --dist loadfile --no-loadscope-reorder --durations 15 --durations-min 5

.PHONY: help environment figures reproduce report doctor lab test $(STEPS) benchmarks lock clean distclean

help: ## List the targets and what each costs on 2 cores [at once]
	@awk -F ':.*## | \\[|\\]$$' '/^[a-z]+:.*## /{printf "make %-12s %-76s %s\n", $$1, $$2, $$3}' Makefile
	@echo; sed -n 's/^#   /  /p' Makefile

environment: ## Build .venv if it is missing or stale, as the others do first [2 min, then nothing]
	@$(INSTALL) $(EXTRAS)

figures: environment ## Draw every figure and table again from the recorded runs [2 min]
	@$(PY) -m memstudy figures

reproduce: environment ## Run what the profile still lacks, record it, then draw (PROFILE=cpu) [hours; stop and go on at will]
	@$(PY) -m memstudy run all --profile $(PROFILE)
	@$(PY) -m memstudy figures --profile $(PROFILE)

report: environment ## Rewrite README's table, ledger and pages from claims and recorded runs [10 s]
	@$(PY) -m memstudy report

doctor: environment ## Say what this machine is and what is missing [5 s]
	@$(PY) -m memstudy doctor

lab: environment ## Open the notebooks in JupyterLab [1 min more the first time]
	@$(INSTALL) $(EXTRAS),lab
	@$(PY) -m jupyterlab notebooks $(if $(filter 0,$(shell id -u)),--allow-root)

test: environment ## All that CI checks, one step after the other [12 min]
	@passed=0; failed=0; \
	for step in $(STEPS); do \
	  printf '\n=== %s: %s\n' $$step "$$(sed -n "s/^$$step:.*## \(.*\) \[.*/\1/p" Makefile)"; \
	  begun=$$(date +%s); \
	  if $(MAKE) --no-print-directory $$step; then passed=$$((passed + 1)); said=passed; \
	  else failed=$$((failed + 1)); said=FAILED; fi; \
	  printf '=== %s %s after %s s\n' $$step $$said $$(($$(date +%s) - begun)); \
	done; \
	printf '\nsteps: %s passed, %s failed\n' $$passed $$failed; [ $$failed -eq 0 ]

lint: environment ## Check style and formatting with ruff [2 s]
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check

unit: environment ## Test the library against naive references [6 min]
	@$(PYTEST) tests --ignore=tests/contract

contract: environment ## Test the promises between notebooks, claims, runs and files [1 min]
	@$(PYTEST) tests/contract

smoke: environment ## Run every experiment and notebook at profile smoke; records go to data/cache [2 min]
	@out=$$(mktemp -d) && trap 'rm -rf "$$out"' EXIT INT TERM \
	  && $(PY) -m memstudy figures --mode run --profile smoke --out "$$out"

nbval: environment ## Compare the notebooks' check cells with what they compute now [1 min]
	@$(PYTEST) -p tests.nbval_plugin --nbval-lax --nbval-current-env --nbval-sanitize-with tests/notebooks.cfg notebooks

# In a clean checkout this is `git diff --exit-code`; in one with work in progress, what was there
# before is allowed to stay.
STATE = { git status --porcelain; git diff --full-index; }
unchanged: environment ## Draw and report again: every file stays as it was, to the byte [2 min]
	@before=$$($(STATE) 2>&1); \
	$(PY) -m memstudy figures && $(PY) -m memstudy report || exit 1; \
	[ "$$before" = "$$($(STATE) 2>&1)" ] \
	  || { git status --short; git diff --stat; echo "figures or report changed these files" >&2; exit 1; }

benchmarks: environment ## Measure speed and memory again, rewrite benchmarks/README.md [20 min]
	@for script in benchmarks/*.py; do echo "=== $$script"; $(PY) "$$script" --save || exit 1; done
	@$(PY) -m memstudy report

lock: ## Choose the newest allowed versions for requirements.lock, torch held [2 min]
	@$(BOOTSTRAP) lock

clean: ## Remove what tools leave behind [1 s]
	@rm -rf build dist .pytest_cache .ruff_cache .hypothesis lib/*.egg-info
	@find . -path ./.venv -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +

distclean: clean ## Also remove .venv and data/cache, checkpoints with it [1 s; hours to compute again]
	@rm -rf .venv data/cache

endif
