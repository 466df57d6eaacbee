#!/usr/bin/env bash
# Instructions per event of each workload, counted by callgrind and held against instructions.txt.
#
#   ./instructions.sh            exit status 1 if a workload is more than 2 % away from the file
#   ./instructions.sh --update   writes the file anew
#
# Each workload runs in two sizes: what starting costs is in both and drops out of the difference.
set -euo pipefail
cd "$(dirname "$0")"

# Name, small size, large size. A scenario of a broker family is one more line here, and one in
# src/bin/icount.rs.
workloads="
kernel-w1     20000 60000
kernel-w2     20000 60000
kernel-w3      4000 12000
substrate-w1  20000 60000
substrate-w2  20000 60000
substrate-w3   4000 12000
kafka          4000 12000
kafka-lesson     20    60
"
tolerance_permille=20

command -v valgrind > /dev/null || { echo "valgrind is not installed" >&2; exit 2; }
cargo build --quiet --release --no-default-features --bin icount
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')

# Prints "events instructions" of one run.
count() {
    local log
    log=$(mktemp)
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$target/release/icount" "$1" "$2" \
        2> "$log"
    sed -n 's/.*Collected : *\([0-9]*\).*/\1/p' "$log"
    rm -f "$log"
}

compiler="# $(rustc --version | cut -d' ' -f1,2), $(uname -m)"
measured="$compiler"
while read -r name small large; do
    [ -n "$name" ] || continue
    read -r -d '' events_small instructions_small < <(count "$name" "$small") || true
    read -r -d '' events_large instructions_large < <(count "$name" "$large") || true
    tenths=$(((instructions_large - instructions_small) * 10 / (events_large - events_small)))
    measured+=$'\n'"$name $((tenths / 10)).$((tenths % 10))"
done <<< "$workloads"

if [ "${1:-}" = --update ]; then
    echo "$measured" > instructions.txt
    echo "$measured"
    exit
fi

if [ "$(head -n 1 instructions.txt)" != "$compiler" ]; then
    echo "instructions.txt was written with another compiler: $(head -n 1 instructions.txt)" >&2
fi
failed=0
while read -r name now; do
    [ "$name" != "#" ] || continue
    before=$(sed -n "s/^$name //p" instructions.txt)
    if [ -z "$before" ]; then
        echo "new    $name $now: run --update"
        failed=1
        continue
    fi
    off=$(((${now/./} - ${before/./}) * 1000 / ${before/./}))
    verdict=ok
    if [ "${off#-}" -gt "$tolerance_permille" ]; then
        verdict=FAILED
        failed=1
    fi
    printf '%-7s%-14s%8s, was %8s (%+d per mille)\n' "$verdict" "$name" "$now" "$before" "$off"
done <<< "$measured"
exit $failed
