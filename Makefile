PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
VENV := .venv
PY := $(VENV)/bin/python
# Two processes: as many as the smallest machine we promise a time for has cores.
TEST_PROCESSES ?= 2
PYTEST := $(PY) -m pytest -q -n $(TEST_PROCESSES) --dist loadgroup
SERVICES := $(PY) -m deploy.services
LOCK := $(VENV)/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q
export PORT HOST
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo setup test test-sqlite test-postgres test-browser browser-packages lint format bench screenshots migrations lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-14s %s\n", $$1, $$2 }'

demo: $(VENV)/.runtime ## a fictional city with a year of life on http://127.0.0.1:$PORT/
	@exec $(PY) deploy/demo.py

setup: $(VENV)/.dev $(VENV)/.static ## the virtual environment and the browser libraries, for development

test: test-sqlite test-postgres test-browser ## everything: SQLite, PostgreSQL with a real worker, Chromium

test-sqlite: setup ## the suite on SQLite
	env -u DATABASE_URL -u REDIS_URL $(PYTEST)

# What asks no database says the same on both.
test-postgres: setup ## the suite on PostgreSQL, with a real Celery worker over a real Valkey
	$(SERVICES) --postgres --valkey -- $(PYTEST) -m "not browser and not broker" --asks-database
	$(SERVICES) --postgres --valkey -- $(PY) -m pytest -q -m broker # workers share one queue: one test at a time

test-browser: setup browser-packages ## the browser tests in headless Chromium, with axe
	env -u DATABASE_URL -u REDIS_URL $(PYTEST) -m browser tests/browser

browser-packages:
	@sh deploy/browser_packages.sh

lint: setup ## ruff, templates, types, floors, migrations
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	find templates -name '*.html' -print0 | xargs -0 $(VENV)/bin/djade --check --target-version 5.2
	$(VENV)/bin/lint-imports
	$(VENV)/bin/mypy
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) manage.py check --fail-level WARNING

format: setup ## rewrite code and templates as `make lint` wants them
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
	find templates -name '*.html' -print0 | xargs -0 $(VENV)/bin/djade --target-version 5.2

bench: setup ## measure, and write docs/benchmarks.md
	$(SERVICES) --postgres --durable --valkey -- $(PY) -m benchmarks

screenshots: setup browser-packages ## take docs/screenshots/ from the demo
	$(PY) deploy/screenshots.py

migrations: setup ## write the migrations that the models ask for
	$(PY) manage.py makemigrations

lock: $(VENV)/.runtime ## resolve all dependencies anew, newest versions
	$(LOCK) --upgrade --extra build pyproject.toml -o requirements.txt
	$(LOCK) --upgrade --extra build --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	echo uv | $(LOCK) --upgrade - -o requirements-uv.txt
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm update --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund

clean: ## remove all that was built and loaded; the next start is a cold one
	rm -rf $(VENV) node_modules static/vendor staticfiles data .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache test-results

# uv is several times faster than pip; where it cannot reach an index that pip is configured for, pip does it.
INSTALL = UV_HTTP_RETRIES=1 $(VENV)/bin/uv pip install -q --python $(PY) --compile-bytecode --require-hashes -r $(1) || \
	$(PY) -m pip install -q --require-hashes -r $(1)

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo '需要 Python 3.11 或更高版本：PYTHON=python3.12 make …  Python 3.11 or later is needed.' >&2; exit 1; }
	@echo '── 建立 Python 环境 virtual environment'
	@$(PYTHON) -m venv $(VENV) || \
		{ echo '缺少 venv：请安装 python3-venv。 Please install python3-venv.' >&2; rm -rf $(VENV); exit 1; }

$(VENV)/.runtime: requirements.txt requirements-uv.txt | $(PY)
	@echo '── 安装 Python 依赖 Python packages'
	@$(PY) -m pip install -q --require-hashes -r requirements-uv.txt
	@$(call INSTALL,requirements.txt)
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@echo '── 安装开发与测试工具 development packages'
	@$(call INSTALL,requirements-dev.txt)
	@touch $@

$(VENV)/.static: package-lock.json deploy/build_static.py $(VENV)/.runtime
	@echo '── 取得浏览器库 browser libraries'
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm ci --silent --ignore-scripts --no-audit --no-fund --no-update-notifier
	@$(PY) deploy/build_static.py
	@touch $@

staticfiles/staticfiles.json: $(VENV)/.static $(shell find static -path static/vendor -prune -o -type f -print)
	@echo '── 收集静态文件 static files'
	@APP_MODE=demo $(PY) manage.py collectstatic --noinput --clear --verbosity 0
	@touch $@
