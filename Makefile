# `make` lists the targets. For GNU make 3.81 (macOS) and newer.

# Relative, because the path of the checkout may contain spaces.
VENV_PYTHON := .venv/bin/python
PYTHON ?=
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run demo test test-fast test-compose chaos bench screenshots check doctor backup restore messages lock

help:
	@echo "make demo          set everything up, show one request from the first mail to the last, and end"
	@echo "make run           set everything up and serve until Ctrl-C; PORT=8001 make run for another port"
	@echo "                   make run SAMPLE=1 also fills it with a few dozen sample tickets, once"
	@echo "make test          run every test; PYTEST_ARGS='-k name' for some"
	@echo "make test-fast     run the tests that are quick and start no processes; under two minutes on two cores"
	@echo "make test-compose  build the production stack, try it through nginx; needs a Docker engine"
	@echo "make chaos         break every part while mail flows, and account for each mail; SEED=7 N=2000"
	@echo "make bench         measure speed beside the floors; ONLY='intake lists' PAIRS=5 BENCH_OUT=path"
	@echo "make screenshots   take the pictures of docs/desk.md anew, of a desk with the sample; needs Chromium"
	@echo "make check         formatting, types, layers, migrations, translations, deployment settings"
	@echo "make doctor        report what is wrong with the running service, and what to do; ARGS=--json"
	@echo "make backup        write database and files into one file, while it runs or not; BACKUP=path"
	@echo "make restore       restore BACKUP=path into an empty database"
	@echo "make messages      update the translations' catalogue from the code"
	@echo "make lock          resolve the requirements again"
	@echo
	@echo "PYTHON=/path/to/python3 chooses the Python (3.11 or newer) that .venv is made with."

# Finds a Python, which installs requirements/$(1).txt into .venv.
define INSTALL
@for python in $(if $(PYTHON),"$(PYTHON)",python3.13 python3.12 python3.11 python3); do \
	if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		found="$$python"; \
		if "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
			exec "$$python" config/local/install.py $(1) $(if $(PYTHON),--this-python); \
		fi; \
	fi; \
done; \
if [ -n "$$found" ]; then \
	echo "ServiceDesk: $$found cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv" >&2; \
else \
	echo "ServiceDesk: Python 3.11 or newer is needed$(if $(PYTHON),; PYTHON=$(PYTHON) is not,: install one or give PYTHON=/path/to/python3)." >&2; \
fi; \
exit 1
endef

# `exec`, so that a SIGTERM that make passes to its child reaches the supervisor, not a shell.
run:
	$(call INSTALL,local)
	@exec $(VENV_PYTHON) -m config.local run

demo:
	$(call INSTALL,local)
	@exec $(VENV_PYTHON) -m config.local demo

# Three at once also on two cores: the longest tests wait for processes that they kill.
# In the order of their names: pytest-xdist would begin the longest files last, which have few tests.
test:
	$(call INSTALL,dev)
	@$(VENV_PYTHON) -m pytest -n 3 --dist loadfile --no-loadscope-reorder \
		--cov --cov-report=term:skip-covered $(PYTEST_ARGS)

test-fast:
	$(call INSTALL,dev)
	@$(VENV_PYTHON) -m pytest -n 3 --dist loadfile -m "not slow" $(PYTEST_ARGS)

# Outside `make test`: it needs a running Docker engine with compose.
test-compose:
	$(call INSTALL,local)
	@exec $(VENV_PYTHON) -m tests.compose

# SEED=7 N=2000 make chaos: the program of faults, and how many mails are posted.
chaos:
	$(call INSTALL,dev)
	@exec $(VENV_PYTHON) -m tests.chaos

# ONLY=row PAIRS=5 BENCH_OUT=path make bench; with PUBLISH=1 for docs/performance.md.
bench:
	$(call INSTALL,benchmarks)
	@exec $(VENV_PYTHON) -m tests.benchmarks

screenshots:
	$(call INSTALL,dev)
	@exec $(VENV_PYTHON) -m tests.screenshots

# Values as in production, but none of them real; no service is contacted.
CHECK_ENV := \
	SECRET_KEY=check-only-Zr4uPq8wXn2vLt6yKd0sJf3hGb7mCe9aTo5iRlQxWz \
	WEBHOOK_SECRETS=whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
	POSTGRES_HOST=127.0.0.1 POSTGRES_PORT=1 POSTGRES_DB=check POSTGRES_USER=check \
	POSTGRES_PASSWORD=check CELERY_BROKER_URL=redis://127.0.0.1:1/0 \
	EMAIL_HOST=127.0.0.1 EMAIL_USE_TLS=true EMAIL_USE_SSL=false \
	SUPPORT_ADDRESS=support@servicedesk.example ALLOWED_HOSTS=servicedesk.example \
	HTTPS=true PROXY_COUNT=1 LANGUAGE_CODE=ru LOG_FORMAT=json

# All checks run, also after one has failed.
check:
	$(call INSTALL,dev)
	@failed=""; \
	step() { name=$$1; shift; echo "== $$name"; env $(CHECK_ENV) "$$@" || failed="$$failed $$name"; }; \
	step format $(VENV_PYTHON) -m ruff format --check .; \
	step lint $(VENV_PYTHON) -m ruff check --quiet .; \
	step types $(VENV_PYTHON) -m mypy .; \
	step layers $(VENV_PYTHON) -c 'from importlinter.cli import lint_imports_command as run; run()'; \
	step migrations $(VENV_PYTHON) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run; \
	step translations $(VENV_PYTHON) manage.py translations --check; \
	step deployment $(VENV_PYTHON) manage.py check --deploy --fail-level WARNING; \
	if [ -n "$$failed" ]; then echo "Failed:$$failed" >&2; exit 1; fi; \
	echo "All checks passed."

# For the running `make run`, or with its database only. In production: manage.py doctor, backup, restore.
doctor:
	$(call INSTALL,local)
	@exec $(VENV_PYTHON) -m config.local manage doctor $(ARGS)

BACKUP ?=
backup:
	$(call INSTALL,local)
	@exec $(VENV_PYTHON) -m config.local manage backup \
		"$(if $(BACKUP),$(BACKUP),backups/servicedesk-$(shell date -u +%Y%m%dT%H%M%SZ).tar)"

restore:
	$(call INSTALL,local)
	@test -n "$(BACKUP)" || { echo "ServiceDesk: name the backup: make restore BACKUP=path" >&2; exit 1; }
	@exec $(VENV_PYTHON) -m config.local manage restore "$(BACKUP)"

# After a change of texts: updates config/locale; then fill in the empty translations there.
messages:
	$(call INSTALL,dev)
	@env $(CHECK_ENV) $(VENV_PYTHON) manage.py translations

lock:
	$(call INSTALL,dev)
	@for name in production local dev benchmarks helpdesk; do \
		echo "requirements/$$name.txt"; \
		$(VENV_PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 \
			--generate-hashes --no-header \
			--output-file requirements/$$name.txt requirements/$$name.in || exit 1; \
	done
