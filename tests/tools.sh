# Sourced by tests/run and demo/run with the checkout as the working directory.
# Makes the private environment .tools (uv and tox) and sees that qemu-img is there.

fail() {
    echo "$0: $*" >&2
    exit 1
}

# Prints the first Python that is new enough and has pip and venv. One in an active environment
# may have no pip; then the one that the environment was made of is asked.
find_python() {
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.11 python3.12 python3.13 python3.14; do
        base=$("$candidate" -c 'import sys; print(sys.base_prefix + "/bin/python3")' 2>/dev/null) ||
            continue
        for python in "$candidate" "$base"; do
            if "$python" -c 'import sys, pip, venv; sys.exit(sys.version_info < (3, 11))' \
                >/dev/null 2>&1; then
                echo "$python"
                return
            fi
        done
    done
    return 1
}

# The stamp is written last: an interrupted installation is made anew.
make_tools() {
    wanted='uv>=0.5 tox>=4.30 tox-uv>=1.28'
    [ "$(cat .tools/stamp 2>/dev/null)" = "$wanted" ] && .tools/bin/python -c '' 2>/dev/null && return
    python=$(find_python) || fail "needs Python 3.11 or newer with pip (set PYTHON to choose one)"
    echo "Installing uv and tox into .tools" >&2
    rm -rf .tools
    # Without pip in it, because Debian's python3 comes without ensurepip.
    "$python" -m venv --without-pip .tools || fail "cannot make the environment .tools"
    # shellcheck disable=SC2086  # three words
    "$python" -m pip --python .tools/bin/python install -qq $wanted ||
        fail "cannot install $wanted"
    echo "$wanted" >.tools/stamp
}

# qemu-img is the one thing that the sandbox's clouds need and that pip cannot bring.
ensure_qemu_img() {
    command -v qemu-img >/dev/null && return
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        echo "Installing Debian's qemu-utils, for qemu-img" >&2
        log=$(mktemp)
        { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y \
            --no-install-recommends qemu-utils; } </dev/null >"$log" 2>&1 || {
            cat "$log" >&2
            fail "cannot install qemu-utils"
        }
        rm -f "$log"
    else
        fail "needs qemu-img. Run: sudo apt-get update && sudo apt-get install -y qemu-utils"
    fi
}

ensure_qemu_img
make_tools
PATH=$PWD/.tools/bin:$PATH
export PATH
