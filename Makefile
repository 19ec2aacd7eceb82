# `make help` says what there is. Tools go into .tools/, builds into target/; nothing else is touched.

.DEFAULT_GOAL := help
.PHONY: help run test fuzz bench micro tools envoy redis fmt lint features unit build python clean-tools

ARGS ?=
SECONDS ?= 120
PYTHON := .tools/venv/bin/python
# What `scripts/tools.sh` chose: $ENVOY_BIN and $REDIS_BIN, those on the PATH, or its own.
ENVOY := $(CURDIR)/.tools/bin/envoy
REDIS := $(CURDIR)/.tools/bin/redis-server

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: envoy ## Install Envoy, build, and run a gateway (make run ARGS="--config my.yaml")
	cargo build --release --locked
	ENVOY_BIN="$(ENVOY)" exec target/release/kanmon run $(ARGS)

test: tools fmt lint unit python ## Everything that CI runs

fuzz: ## Fuzz every parser longer than the tests do, with new inputs (make fuzz SECONDS=600)
	FUZZ_SECONDS=$(SECONDS) FUZZ_SEED=$$(date +%s) FUZZ_KEEP=1 cargo test --locked --test fuzz -- --nocapture

# Redis for those setups only that keep their limits in one.
bench: envoy $(if $(findstring redis,$(ARGS)),redis) ## Measure all pairs of dialects, and the road through Envoy, into target/bench/ (make bench ARGS=--quick)
	cargo bench --locked --bench pairs -- $(filter --quick,$(ARGS))
	ENVOY_BIN="$(ENVOY)" REDIS_BIN="$(REDIS)" cargo bench --locked --bench gateway -- $(ARGS)

micro: redis ## Measure single functions: splice, events, limiter, callers
	REDIS_BIN="$(REDIS)" cargo bench --locked --bench auth --bench codec --bench limit -- --quick

tools: ## Install Envoy, Redis, pytest, Node and the official SDKs into .tools/
	@scripts/tools.sh

envoy: ## Install Envoy only
	@scripts/tools.sh envoy

fmt: ## Check the formatting
	cargo fmt --check

lint: ## Run clippy
	cargo clippy --all-targets --locked -- -D warnings

features: ## Run clippy for builds with some of the features
	for some in "" aws azure gcp redis; do \
		cargo clippy --no-default-features --features "$$some" --lib --bins --locked -- -D warnings || exit 1; \
	done

redis: ## Install Redis only
	@scripts/tools.sh redis

unit: envoy redis ## Run the Rust tests
	ENVOY_BIN="$(ENVOY)" REDIS_BIN="$(REDIS)" cargo test --locked

build:
	cargo build --locked

python: tools build ## Run the tests with the official SDKs (make python ARGS="-k stream")
	ENVOY_BIN="$(ENVOY)" REDIS_BIN="$(REDIS)" $(PYTHON) -m pytest tests/python -n 2 $(ARGS)

clean-tools: ## Remove .tools/
	rm -rf .tools
