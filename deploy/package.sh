#!/usr/bin/env bash
# Builds the archive that deploy/setup.sh installs: kiosk-VERSION-ARCH.tar.gz and its checksum beside it. The program in it
# runs on Ubuntu 22.04 and newer, and on Debian 12 and newer: that is looked at, not hoped for.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'USAGE'
Usage: deploy/package.sh [--binary FILE] [--out FOLDER] [--glibc VERSION]

  --binary FILE     packs this program instead of building one
  --out FOLDER      where the archive goes [default: target/package]
  --glibc VERSION   the oldest C library on which it has to run [default: 2.35, that of Ubuntu 22.04]
USAGE
}

newest=2.35
binary="" out=target/package
while [ $# -gt 0 ]; do
  case $1 in
  --binary) binary=${2:?--binary needs a file} && shift 2 ;;
  --out) out=${2:?--out needs a folder} && shift 2 ;;
  --glibc) newest=${2:?--glibc needs a version, such as 2.35} && shift 2 ;;
  -h | --help) usage && exit 0 ;;
  *) usage >&2 && exit 2 ;;
  esac
done

fail() {
  printf 'package: %s\n' "$@" >&2
  exit 1
}

command -v readelf >/dev/null || fail "readelf is needed to see what the program asks of a system: install the package binutils."

if [ -z "$binary" ]; then
  cargo build --release --locked --bin kiosk
  binary=${CARGO_TARGET_DIR:-target}/release/kiosk
fi
[ -x "$binary" ] || fail "there is no program at $binary: leave --binary out to build one."

# The name of a symbol and the version of glibc that has it, where that is newer than may be asked for.
too_new() {
  readelf --wide --dyn-syms "$1" | awk -v newest="$newest" '
    match($0, /@+GLIBC_[0-9.]+/) {
      version = substr($0, RSTART, RLENGTH); sub(/^@+GLIBC_/, "", version)
      split(version, has, "."); split(newest, may, ".")
      if (has[1] + 0 > may[1] + 0 || (has[1] + 0 == may[1] + 0 && has[2] + 0 > may[2] + 0)) {
        name = $8; sub(/@.*/, "", name); print name " of GLIBC_" version
      }
    }' | sort -u
}
symbols=$(too_new "$binary")
if [ -n "$symbols" ]; then
  printf '%s\n' "$symbols" >&2
  fail "the program needs the symbols above, and GLIBC_$newest is the newest that it may ask for." \
    "Build it on Ubuntu 22.04, or give --binary what cargo zigbuild --release --target x86_64-unknown-linux-gnu.$newest makes."
fi

version=$("$binary" --version | awk '{print $2}')
machine=$(readelf --wide --file-header "$binary" | sed -n 's/^ *Machine: *//p')
case $machine in
*X86-64*) arch=x86_64 ;;
AArch64*) arch=aarch64 ;;
*) fail "Kiosk is not packed for $machine: use an x86-64 or a 64-bit ARM machine." ;;
esac

name=kiosk-$version-$arch
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/$name
install -D -m 755 "$binary" "$tree/bin/kiosk"
install -d "$tree/units" "$tree/deploy" "$tree/docs"
install -m 644 kiosk.service deploy/kiosk-console@.service "$tree/units"
for file in deploy/*; do
  case $file in
  *.service | deploy/package.sh) ;;
  *.sh | deploy/kiosk-admin) install -m 755 "$file" "$tree/deploy" ;;
  *) cp -R "$file" "$tree/deploy" ;;
  esac
done
cp -R docs/. "$tree/docs"
install -m 644 README.md LICENSE config.toml.example "$tree"
install -d "$tree/assets/fonts"
# Fonts are in the program; their licences come along.
find assets/fonts -type f ! -name '*.ttf' ! -name '*.otf' -exec install -m 644 -t "$tree/assets/fonts" {} +
(cd "$tree" && find . -type f -print0 | sort -z | xargs -0 sha256sum) >"$work/SHA256SUMS"
install -m 644 "$work/SHA256SUMS" "$tree"

# The same input makes the same archive.
when=$(git log -1 --format=%ct 2>/dev/null || echo 0)
tar --create --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$when" --directory "$work" "$name" |
  gzip --no-name >"$out/$name.tar.gz"
(cd "$out" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
printf 'Packed %s. Install it with: deploy/setup.sh %s\n' "$out/$name.tar.gz" "$name.tar.gz"
