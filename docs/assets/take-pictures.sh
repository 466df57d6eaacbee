#!/usr/bin/env bash
# Takes the pictures of the desktop lab in README and docs anew. They are drawn without a window and
# without a graphics card, so they come out the same everywhere.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --quiet -p mqlab-gui
lesson=kafka/acks-one-leader-power-off
take() { target/debug/mqlab-gui --open "$lesson" --screenshot "docs/assets/$1.png" "${@:2}"; }
take desktop-en --lang en --theme dark --at end --message m4 --panel message --panel fates
take desktop-zh --lang zh --theme light --at end --message m4 --panel message --panel fates
take desktop-playing --lang en --theme dark --at 40.4ms --panel settings --panel facts
take desktop-compare --lang en --theme light --what-if acks-all --at 80.6ms --panel branches --panel compare
ls -l docs/assets/desktop-*.png
