# What CI runs, and what you run. `make help` lists it.

CARGO ?= cargo
CARGO_FLAGS ?= --locked

# Every test step takes the whole workspace: Cargo then builds each dependency
# once, with one set of features.
TEST = $(CARGO) test $(CARGO_FLAGS) --workspace
EMULATOR_TESTS = $(patsubst emulator/tests/%.rs,--test %,$(wildcard emulator/tests/*.rs))
PROVIDER_TESTS = $(shell awk '/^\[/ { test = $$0 == "[[test]]" } \
	test && $$1 == "name" && $$3 !~ /acceptance|faults/ { gsub("\"", ""); print "--test", $$3 }' Cargo.toml)
STEP = @printf '\n== %s\n'

.PHONY: help build demo demo-picture docs check test unit contract protocol acceptance modules-test modules-docs faults-short faults fuzz soak load sdk-test console-test package package-test deny bench
.NOTPARALLEL:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build the provider and the emulator for use
	$(CARGO) build $(CARGO_FLAGS) --release --workspace

demo: ## build, apply IBM's example against the emulator, and tell what happens
	@examples/demo/run.sh

demo-picture: ## the same, and its picture for the README; needs Python and PyPI
	@examples/demo/picture.sh

docs: ## make the pages of the registry in docs/ of the declarations and examples/
	$(STEP) 'pages of the registry'
	@REFRESH_DOCS=1 $(TEST) --test main -- contract::pages --nocapture

check: ## format, lints and docs
	$(STEP) format
	$(CARGO) fmt --all --check
	$(STEP) lints
	$(CARGO) clippy $(CARGO_FLAGS) --workspace --all-targets -- -D warnings
	$(STEP) docs
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc $(CARGO_FLAGS) --workspace --no-deps --quiet

test: unit contract protocol acceptance faults-short ## all tests in Rust, cheap to costly: the next five

unit: ## what stands beside the code, and the corpus of `make fuzz`
	$(STEP) 'unit tests'
	$(TEST) --lib --bins

contract: ## rooms and schema, and IBM's API as the emulator serves it
	$(STEP) 'contract tests'
	$(TEST) $(EMULATOR_TESTS)
	$(TEST) --test main -- contract::

protocol: ## the provider as a process: Terraform's protocol, HTTP, panics
	$(STEP) 'protocol tests'
	$(TEST) $(PROVIDER_TESTS) -- --skip contract::

acceptance: ## the real Terraform against the emulator; FILTER=name runs those that contain it
	$(STEP) 'acceptance tests'
	$(CARGO) build $(CARGO_FLAGS) --workspace
	$(TEST) --test acceptance -- $(FILTER)

modules-test: ## the tests of modules and examples: `terraform test` against the emulator, a part of `acceptance`
	$(STEP) 'tests of modules'
	$(CARGO) build $(CARGO_FLAGS) --workspace
	$(TEST) --test acceptance -- terraform_test/

modules-docs: ## refresh what READMEs of modules and guides repeat; a contract test compares it
	@WRITE_MODULE_DOCS=1 $(TEST) --quiet --test main -- contract::module_docs --test-threads=1

faults-short: ## a few cells of the fault matrix, some of each operation and fault
	$(STEP) 'fault matrix, in short'
	$(CARGO) build $(CARGO_FLAGS) --workspace
	$(TEST) --test faults

faults: ## every fault at every operation: all converge; FILTER=name runs those that contain it
	$(STEP) 'fault matrix'
	$(CARGO) build $(CARGO_FLAGS) --workspace
	$(TEST) --test faults -- --all $(if $(FILTER),"$(FILTER)")

fuzz: ## hostile input, guided by coverage, FUZZ_SECONDS or FUZZ_RUNS a target; TARGETS=name for some
	$(STEP) 'fuzz'
	@CARGO="$(CARGO)" CARGO_FLAGS="$(CARGO_FLAGS)" tests/fuzz/run.sh $(TARGETS)

soak: ## one process for a long time, and many at once; SOAK_STEPS and SOAK_SEED
	$(STEP) 'soak'
	@SOAK_STEPS=$${SOAK_STEPS:-3000} SOAK_SEED=$${SOAK_SEED:-$$(date +%s)} $(TEST) --test soak -- --nocapture

load: ## 500 requests a second to the emulator for LOAD_SECONDS, 60, in memory and on disk; slow clients
	$(STEP) 'load'
	@LOAD_SECONDS=$${LOAD_SECONDS:-60} $(TEST) --release --test load

sdk-test: ## IBM's own SDKs against the emulator; needs Python, Go, Node and their registries
	$(STEP) 'SDK test'
	@emulator/sdk-test/run.sh

console-test: ## the console in a headless Chromium, which it installs if absent; makes its pictures
	$(STEP) 'console test'
	@emulator/console-test/run.sh

package: ## archives, wheels, npm package and mirror for Linux, in target/package; GPG_KEY=id signs
	@packaging/build.sh x86_64-unknown-linux-musl aarch64-unknown-linux-musl
	@rm -rf target/package
	@packaging/pack.py target/package linux_amd64=target/x86_64-unknown-linux-musl/release \
		linux_arm64=target/aarch64-unknown-linux-musl/release

package-test: ## installs packages and uses them; those of the debug build, or PACKAGES=folder
	$(STEP) 'package test'
	@packaging/test.sh $(PACKAGES)

deny: ## licences, duplicates and sources of all crates; needs cargo-deny
	$(CARGO) deny --locked check -D unmatched-skip -D unnecessary-skip licenses bans sources

bench: build ## what everything costs, also in target/bench.json; QUICK=1, SIZES="1000 5000", BLOCKS and ROUNDS
	@PROVIDER_BINARY=target/release/terraform-provider-ibm \
		$(CARGO) run $(CARGO_FLAGS) --quiet --release --example measure
	$(if $(QUICK),,@$(CARGO) run $(CARGO_FLAGS) --quiet --release -p ibm-sm-emulator --example bench -- \
		target/release/ibm-sm-emulator)
