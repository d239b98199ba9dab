#!/usr/bin/env bash
# Takes a fresh Debian or Ubuntu machine to a running Kiosk, a running one to another version, and back. Nothing is built
# here. It is safe to repeat: what is there is kept, and a service that is as it should be is not touched.
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: setup.sh ARCHIVE|s3://BUCKET/KEY [--store embedded|aws] [--region REGION] [--bucket BUCKET]
                [--listen ADDRESS] [--root FOLDER]
       setup.sh --rollback [--root FOLDER]

  ARCHIVE            what deploy/package.sh made; its checksum, ARCHIVE.sha256, lies beside it
  --store STORE      where a new configuration keeps everything [default: embedded]
  --region REGION    the region of its tables and bucket, with --store aws
  --bucket BUCKET    its bucket of receipts, with --store aws
  --listen ADDRESS   where a new configuration has the server listen [default: 127.0.0.1:2222]
  --rollback         goes back to the version before; done twice, it goes forward again
  --root FOLDER      sets up below this folder instead of /, and leaves out what only a running system has
USAGE
}

say() { printf 'setup: %s\n' "$*"; }
fail() {
  printf 'setup: %s\n' "$@" >&2
  exit 1
}

archive="" rollback="" root="" store=embedded region="" bucket="" listen=""
while [ $# -gt 0 ]; do
  case $1 in
  --rollback) rollback=yes && shift ;;
  --root) root=${2:?--root needs a folder} && shift 2 ;;
  --store) store=${2:?--store needs embedded or aws} && shift 2 ;;
  --region) region=${2:?--region needs a region} && shift 2 ;;
  --bucket) bucket=${2:?--bucket needs a name} && shift 2 ;;
  --listen) listen=${2:?--listen needs an address} && shift 2 ;;
  -h | --help) usage && exit 0 ;;
  -*) usage >&2 && exit 2 ;;
  *) [ -z "$archive" ] || { usage >&2 && exit 2; }
    archive=$1 && shift ;;
  esac
done
case $archive/$rollback in / | ?*/yes) usage >&2 && exit 2 ;; esac
case $store/$region$bucket in embedded/ | aws/*) ;; *) usage >&2 && exit 2 ;; esac
[ -n "$root" ] || [ "$(id -u)" -eq 0 ] || fail "this makes a user and a service: run it as root, as in: sudo $0 ..."

releases=$root/usr/local/lib/kiosk
etc=$root/etc/kiosk
config=$etc/config.toml
secrets=$etc/kiosk.env
units=$root/etc/systemd/system
state=$root/var/lib/kiosk
log=/var/log/kiosk/kiosk.log
staging=""
work=$(mktemp -d)
trap 'rm -rf "$work" ${staging:+"$staging"}' EXIT

# Whether the whole system is there to be changed, or only its files.
is_live() { [ -z "$root" ]; }
has_systemd() { is_live && command -v systemctl >/dev/null && [ -d /run/systemd/system ]; }

# Points a link elsewhere, in one step: it is made beside the old one, since only within a file system a move is one.
link() {
  ln -sfn "$1" "$2.new"
  mv -T "$2.new" "$2"
}

# The AWS CLI: the system's package, else AWS's own archive, since Ubuntu 24.04 has no package of it.
install_aws() {
  local packages="apt-get -qq -y -o DPkg::Lock::Timeout=300" from
  export DEBIAN_FRONTEND=noninteractive
  from=https://awscli.amazonaws.com/awscli-exe-linux-$(uname -m).zip
  $packages update || return
  if $packages install --no-install-recommends awscli >/dev/null 2>&1; then return; fi
  say "there is no package awscli here: fetching $from"
  $packages install --no-install-recommends ca-certificates curl unzip >/dev/null &&
    curl --silent --show-error --fail --max-time 300 --output "$work/awscli.zip" "$from" &&
    unzip -q "$work/awscli.zip" -d "$work/awscli" && "$work/awscli/aws/install" --update >/dev/null
}

# The archive, with its checksum beside it, below $work.
fetch() {
  local from=$1
  case $from in
  s3://*)
    command -v aws >/dev/null || {
      say "installing the AWS CLI, to fetch $from"
      install_aws
    } || fail "the AWS CLI cannot be installed: fetch the archive and its .sha256 by other means and give the file."
    for file in "$from" "$from.sha256"; do
      aws s3 cp --only-show-errors "$file" "$work/$(basename "$file")" ||
        fail "$file cannot be fetched: look whether it is there, and whether the machine's role has s3:GetObject on it."
    done
    ;;
  *)
    for file in "$from" "$from.sha256"; do
      [ -r "$file" ] || fail "$file cannot be read: deploy/package.sh makes the archive and its checksum side by side."
      cp "$file" "$work/"
    done
    ;;
  esac
}

# Checks and unpacks the archive, and makes it a release. Sets $release to its name.
unpack() {
  local name sum
  name=$(basename "$1")
  (cd "$work" && sha256sum --quiet --check "$name.sha256") >&2 ||
    fail "$name is not what its checksum is of: fetch both again."
  sum=$(sha256sum "$work/$name" | cut -c 1-12)
  release=${name%.tar.gz}-$sum
  [ ! -d "$releases/$release" ] || return 0
  # Beside the releases until it is whole: a set-up that breaks off is not taken for one that is done.
  install -d -m 755 "$releases"
  rm -rf "$releases"/.staging-*
  staging=$(mktemp -d "$releases/.staging-XXXXXX")
  tar --extract --gzip --no-same-owner --strip-components=1 --directory "$staging" --file "$work/$name"
  (cd "$staging" && sha256sum --quiet --check SHA256SUMS) >&2 ||
    fail "what is in $name is not what it was packed of: pack it again."
  "$staging/bin/kiosk" --version >/dev/null ||
    fail "the program in $name does not run here: it is for Ubuntu 22.04, Debian 12 and newer, on the processor that its name says."
  chmod -R u=rwX,go=rX "$staging"
  mv -T "$staging" "$releases/$release"
}

# The release behind a link; nothing where there is none.
behind() { if [ -L "$releases/$1" ]; then basename "$(readlink "$releases/$1")"; fi; }

# Makes a release the one that runs, and keeps the one that did.
choose() {
  local before
  before=$(behind current)
  changed=""
  if [ "$before" != "$1" ]; then
    changed=yes
    [ -z "$before" ] || link "$before" "$releases/previous"
    link "$1" "$releases/current"
  fi
  install -d "$root/usr/local/bin" "$root/usr/local/sbin" "$units"
  link ../lib/kiosk/current/bin/kiosk "$root/usr/local/bin/kiosk"
  link ../lib/kiosk/current/deploy/kiosk-admin "$root/usr/local/sbin/kiosk-admin"
  install -d "$root/usr/local/share/doc"
  link ../../lib/kiosk/current "$root/usr/local/share/doc/kiosk"
  for unit in "$releases/current/units"/*.service; do
    if ! cmp -s "$unit" "$units/$(basename "$unit")"; then
      changed=yes
      install -m 644 "$unit" "$units"
    fi
  done
  # More than one step back is nobody's.
  for old in "$releases"/kiosk-*; do
    case $(basename "$old") in "$(behind current)" | "$(behind previous)") ;; *) rm -rf "$old" ;; esac
  done
}

make_user() {
  is_live || { say "left out: the user kiosk" && return; }
  id kiosk >/dev/null 2>&1 ||
    useradd --system --user-group --no-create-home --home-dir /var/lib/kiosk --shell /usr/sbin/nologin kiosk
}

# Whose a file is that the service may read or write.
give() { if is_live; then chown "$1" "$2"; fi; }

configure() {
  is_new=""
  install -d -m 755 "$etc"
  install -d -m 700 "$state"
  give kiosk:kiosk "$state"
  if [ -e "$config" ]; then
    say "kept $config"
  else
    # Each of its own section: other sections have keys of the same name.
    sed -e 's/^mode = .*/mode = "production"/' -e "s/^store = .*/store = \"$store\"/" \
      -e "${region:+/^\[aws]/,/^\[/s/^#region = .*/region = \"$region\"/}" \
      -e "${bucket:+/^\[aws]/,/^\[/s/^bucket = .*/bucket = \"$bucket\"/}" \
      -e "${listen:+/^\[ssh]/,/^\[/s/^listen = .*/listen = \"$listen\"/}" \
      "$releases/current/config.toml.example" >"$work/config.toml"
    install -m 640 "$work/config.toml" "$config"
    give root:kiosk "$config"
    say "wrote $config: production, $store store"
    is_new=yes
  fi
  # Tickets are signed under it: it is made once, and never again.
  if grep -qs '^SECRET_KEY=' "$secrets" || grep -qs '^secret_key *=' "$config"; then
    say "kept the key"
  else
    (umask 077 && printf 'SECRET_KEY=%s\n' "$("$releases/current/bin/kiosk" secret)" >>"$secrets")
    say "made a key in $secrets: keep a copy of that file where you keep your passwords"
  fi
}

# Whether there is a store to start on: a new configuration on AWS may name no place yet, or one without tables.
has_store() {
  if [ "$store/$is_new" != aws/yes ]; then return; fi
  [ -n "$region" ] && [ -n "$bucket" ] || return
  ! is_live || /usr/local/sbin/kiosk-admin health
}

# What is left to do until Kiosk can be started on AWS.
advise() {
  say "not started: there is no store yet that it could use. In this order:"
  say "  edit $config: region, tables and bucket below [aws]"
  say "  kiosk-admin provision, where deploy/cloudformation.yaml did not make tables and bucket; docs/iam.md has its policy"
  say "  kiosk-admin seed"
  say "  $0 $archive, once more: it starts Kiosk"
}

# Starts the service, or starts it anew with what has changed. Whoever is there is told, and has the time of ssh.notice.
start() {
  if ! has_systemd; then
    say "left out: systemctl daemon-reload, and to enable and start kiosk.service"
    return
  fi
  systemctl daemon-reload
  systemctl --quiet enable kiosk.service
  # Failures from before do not count against this start.
  systemctl reset-failed kiosk.service 2>/dev/null || true
  if [ -n "$changed" ] && systemctl --quiet is-active kiosk.service; then
    say "telling those who are there, and starting anew"
    systemctl restart kiosk.service || lost
  else
    systemctl start kiosk.service || lost
  fi
  # Consoles start again by themselves when they are left; nobody is thrown out of one.
  say "kiosk.service runs: $(systemctl show --property=StatusText --value kiosk.service)"
}

lost() {
  journalctl --unit kiosk.service --lines 20 --no-pager >&2 || true
  # Where the service writes its log to a file, as on EC2, the journal has only systemd's own words.
  if [ -s "$log" ]; then tail -n 20 "$log" >&2; fi
  fail "kiosk.service does not start: its last words are above, and in journalctl -u kiosk or $log." "setup.sh --rollback goes back to the version before."
}

if [ -n "$rollback" ]; then
  previous=$(behind previous)
  [ -n "$previous" ] || fail "there is no version before this one: install one with setup.sh ARCHIVE."
  choose "$previous"
  start
  say "went back to $previous"
  exit
fi

fetch "$archive"
unpack "$archive"
make_user
choose "$release"
configure
say "$release is installed"
if ! has_store; then
  advise
  exit
fi
start
if [ "$store" = aws ]; then say "once, on new tables: kiosk-admin seed"; fi
say "next, on a new store: kiosk-admin user add NAME EMAIL --role administrator, then $releases/current/deploy/verify.sh"
