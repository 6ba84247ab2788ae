# What CI runs, and what you run. `make help` lists it.

CARGO ?= cargo
CARGO_FLAGS ?= --locked

.PHONY: help demo test check acceptance sdk-test build bench

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build the provider and the emulator for use
	$(CARGO) build $(CARGO_FLAGS) --release --workspace

demo: build ## apply IBM's example against the emulator, and tell what happens
	@examples/demo/run.sh target/release

test: check ## everything: format, lints, unit, contract, protocol and acceptance tests
	$(CARGO) test $(CARGO_FLAGS) --workspace --lib --bins --tests

check: ## format and lints
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(CARGO_FLAGS) --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc $(CARGO_FLAGS) --workspace --no-deps --quiet

acceptance: ## the acceptance tests alone; FILTER=name runs those that contain it
	$(CARGO) build $(CARGO_FLAGS) --workspace
	$(CARGO) test $(CARGO_FLAGS) --test acceptance -- $(FILTER)

sdk-test: ## IBM's own Python SDKs against the emulator; needs Python and PyPI
	@emulator/sdk-test/run.sh

bench: build ## what a plan of 1,000 secrets costs, and what the emulator does
	@benches/plan-1000.sh target/release
	@$(CARGO) run $(CARGO_FLAGS) --quiet --release -p ibm-sm-emulator --example bench -- target/release/ibm-sm-emulator
