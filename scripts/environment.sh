#!/bin/sh
# Makes .venv hold what the demo or the tests need, from hashed locks: sh scripts/environment.sh demo|dev
# Quick when nothing changed. Needs Python 3.11 or newer; takes uv if it is there, else brings a pinned one.
set -eu
cd "$(dirname "$0")/.."
wanted=$1

stop() {
    echo "make: $1" >&2
    echo "  fix: $2" >&2
    exit 1
}

stamp() { cat "requirements/$1.txt" pyproject.toml scripts/environment.sh | cksum; }

current() { [ -x .venv/bin/lockgate ] && [ "$(cat ".venv/.lockgate-$1" 2>/dev/null)" = "$(stamp "$1")" ]; }

if current dev || current "$wanted"; then
    exit 0
fi

find_python() {
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
}

if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    python=$(find_python)
    [ -n "$python" ] || stop "no Python 3.11 or newer was found" \
        "install one, or name it: make $wanted PYTHON=/path/to/python3"
    rm -rf .venv
    echo "Making .venv with $python"
    if command -v uv >/dev/null 2>&1; then
        uv venv --quiet --no-project --python "$python" .venv
    else
        "$python" -m venv .venv || stop "Python's own venv module does not work here" \
            "install it (on Debian: apt-get install python3-venv), or install uv"
    fi
fi

if command -v uv >/dev/null 2>&1; then
    uv=uv
else
    uv=.venv/bin/uv
    [ -x "$uv" ] || .venv/bin/python -m pip install --quiet --require-hashes --requirement requirements/uv.txt ||
        stop "the packages could not be fetched" "connect to your package index once; pip's own message stands above"
fi

echo "Installing the packages of requirements/$wanted.txt"
rm -f ".venv/.lockgate-$wanted"
$uv pip install --quiet --python .venv/bin/python --require-hashes --requirement "requirements/$wanted.txt" ||
    stop "the packages could not be fetched" "connect to your package index once; uv's own message stands above"
$uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable . ||
    stop "Lockgate itself could not be installed" "see the message above"
stamp "$wanted" >".venv/.lockgate-$wanted"
