#!/usr/bin/env bash
# Fuzzes every target for a while, or those that are named, and prints a table.
#
#   FUZZ_SECONDS=600 tests/fuzz/run.sh calls
#
# With FUZZ_RUNS it makes so many runs instead, always the same ones: what CI runs must
# not fail by chance on a change that has nothing to do with it.
#
# Mutation is guided by coverage. The instrumentation is LLVM's, by options of the
# stable compiler; the fuzzer is libFuzzer, which the crate libfuzzer-sys builds. An
# input that breaks a promise is kept in the corpus, where the tests replay it; what
# merely reaches new code stays in target/fuzz/found and is where the next run goes on.
set -uo pipefail
cd "$(dirname "$0")/../.."

seconds=${FUZZ_SECONDS:-20}
targets=${*:-values calls responses texts}
host=$(rustc -vV | sed -n 's/^host: //p')
build=target/fuzz
bound=(-max_total_time="$seconds")
if [ -n "${FUZZ_RUNS:-}" ]; then bound=(-runs="$FUZZ_RUNS" -seed=1); fi

# Only what is built for the target is instrumented, not build scripts and macros.
instrument=-Cpasses=sancov-module
for argument in level=4 inline-8bit-counters pc-table trace-compares; do
  instrument+=" -Cllvm-args=-sanitizer-coverage-$argument"
done
RUSTFLAGS="$instrument -Ccodegen-units=1" ${CARGO:-cargo} build ${CARGO_FLAGS:---locked} --quiet -p ibm-sm-fuzz \
  --features libfuzzer --profile fuzz --target "$host" --target-dir $build || exit 1

failed=0
printf '%-10s %10s %8s %10s %8s  %s\n' target executions seconds coverage memory result
for target in $targets; do
  corpus=tests/fuzz/corpus/$target found=$build/found/$target log=$build/$target.log
  if [ -n "${FUZZ_RUNS:-}" ]; then rm -rf "$found"; fi
  mkdir -p "$found"
  result=ok began=$SECONDS
  if ! FUZZ_TARGET=$target "$build/$host/fuzz/fuzz" "${bound[@]}" -max_len=4096 \
    -len_control=0 -timeout=25 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="$corpus/" "$found" "$corpus" >"$log" 2>&1; then
    result="FAILED: $(grep -aEo 'Test unit written to .*' "$log" | sed 's/.* //')"
    failed=1
  fi
  stat() { sed -n "s/^stat::$1: *//p" "$log" | tail -1; }
  coverage=$(grep -aEo 'cov: [0-9]+' "$log" | tail -1 | tr -dc 0-9)
  printf '%-10s %10s %8s %10s %5s MB  %s\n' "$target" "$(stat number_of_executed_units)" \
    "$((SECONDS - began))" "${coverage:--}" "$(stat peak_rss_mb)" "$result"
  if [ "$result" != ok ]; then grep -aA3 'panicked at' "$log" || tail -n 20 "$log"; fi
done
exit $failed
