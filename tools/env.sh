# shellcheck shell=bash disable=SC2034
# Sourced by every script here: versions, one build cache outside the checkout, and the few helpers all scripts share.
# Everything it sets can be given from outside; sourcing it downloads nothing.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

ANCHOR_VERSION=1.2.2
RUST_VERSION=$(sed -n 's/^channel = "\(.*\)"/\1/p' "$ROOT/rust-toolchain.toml")
NODE_MAJOR=20

PLIMSOLL_CACHE=${PLIMSOLL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/plimsoll}
SBF_TOOLCHAIN=${SBF_TOOLCHAIN:-$PLIMSOLL_CACHE/sbf-toolchain}
# Installations made before the toolchain had its place in the common cache stay in use.
[ -e "$SBF_TOOLCHAIN/ready-2" ] || { [ -e "$HOME/.cache/sbf-toolchain/ready-2" ] && SBF_TOOLCHAIN=$HOME/.cache/sbf-toolchain; }
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PLIMSOLL_CACHE/target}
export PLIMSOLL_CACHE SBF_TOOLCHAIN CARGO_TARGET_DIR
# Tests and the local network read the built program here, whatever the build cache is.
export SBF_OUT_DIR=$ROOT/target/deploy

# `anchor idl build` of this version cannot cope with the variable; rust-toolchain.toml says the same thing anyway.
unset RUSTUP_TOOLCHAIN

# Our own tools come last on PATH, so that an installed `anchor` or Solana's own `cargo build-sbf` is always preferred.
export PATH="$PATH:$PLIMSOLL_CACHE/tools/bin:$ROOT/tools/sbf"

# True when `cargo build-sbf` would be the stand-in in tools/sbf and not Solana's own.
uses_sbf_stand_in() { [ "$(command -v cargo-build-sbf)" = "$ROOT/tools/sbf/cargo-build-sbf" ]; }

# Everything the program binary is made from, as one hash: names the cache entries of the binary and of the IDL.
program_hash() {
  (cd "$ROOT" && {
    find programs crates/risk tools/sbf Cargo.toml Cargo.lock rust-toolchain.toml \
      -type f -not -path '*/target/*' -not -path '*/tests/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
    uses_sbf_stand_in || cargo-build-sbf --version
  } | sha256sum | cut -c1-24)
}

# cargo tells a changed file by its time only, and checkouts that share the build cache share their artefacts: what
# another checkout built later looks fresh here. Whoever last built elsewhere makes every file of ours new first.
claim_build_cache() {
  local owner=$CARGO_TARGET_DIR/.checkout
  [ "$(cat "$owner" 2>/dev/null)" = "$ROOT" ] && return 0
  mkdir -p "$CARGO_TARGET_DIR"
  find "$ROOT/crates" "$ROOT/programs" "$ROOT/tests" -name node_modules -prune -o \( -name '*.rs' -o -name Cargo.toml \) -exec touch {} +
  printf '%s' "$ROOT" >"$owner"
}

# Counted from the start of the outermost script.
export PLIMSOLL_STARTED=${PLIMSOLL_STARTED:-$EPOCHSECONDS}
elapsed() {
  local seconds=$((EPOCHSECONDS - PLIMSOLL_STARTED))
  printf '%d:%02d' $((seconds / 60)) $((seconds % 60))
}
step() { printf '\n==> [%s] %s\n' "$(elapsed)" "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Prints the comment block at the top of the calling script when the first argument asks for help.
help_if_asked() {
  case "${1:-}" in
    -h | --help | help) sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; exit 0 ;;
  esac
}

# Two free TCP ports that follow each other: clients take the WebSocket port to be the RPC port plus one.
free_ports() {
  python3 - <<'PY'
import socket
for port in range(18899, 28899, 2):
    try:
        with socket.socket() as a, socket.socket() as b:
            a.bind(("127.0.0.1", port)); b.bind(("127.0.0.1", port + 1))
        print(port)
        break
    except OSError:
        continue
PY
}

# Builds the local network with the features the tests have (--workspace), so that nothing is compiled twice.
build_localnet() { cargo build --locked --workspace --bin plimsoll-localnet; }

# Waits until the file exists; fails when the process that should write it ends first.
wait_for_file() {
  while [ ! -e "$1" ]; do
    kill -0 "$2" 2>/dev/null || return 1
    sleep 0.1
  done
}

# Exchange and demo market on a running network, through the TypeScript client as on any other cluster.
set_up_markets() {
  local script
  for script in migrations/deploy.ts migrations/demo-market.ts; do
    [ -e "$ROOT/$script" ] || continue
    "$ROOT/tools/setup" node
    ANCHOR_PROVIDER_URL=$1 PLIMSOLL_ADDRESSES=$2 ANCHOR_WALLET=${ANCHOR_WALLET:-$ROOT/keys/wallet-localnet.json} \
      node --import tsx "$ROOT/$script" >&2 || fail "$script failed: see the message above"
  done
}

claim_build_cache
