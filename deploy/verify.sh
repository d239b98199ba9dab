#!/usr/bin/env bash
# Tries an installation: whether the store answers, the trains and an administrator are there, and a booking can be made,
# its receipt read, and cancelled. No money moves, and nothing stays held. A line for each, and an exit code: 0 when all
# passed, 1 when something failed.
set -uo pipefail

usage() {
  cat <<'USAGE'
Usage: verify.sh [--kiosk COMMAND] [--from STATION] [--to STATION]

  --kiosk COMMAND   how Kiosk's commands are run [default: kiosk-admin, which runs them as the service runs]
  --from STATION    where the journey begins that is booked [default: NDLS]
  --to STATION      where it ends [default: MMCT]
USAGE
}

kiosk=kiosk-admin from=NDLS to=MMCT
while [ $# -gt 0 ]; do
  case $1 in
  --kiosk) kiosk=${2:?--kiosk needs a command} && shift 2 ;;
  --from) from=${2:?--from needs a station} && shift 2 ;;
  --to) to=${2:?--to needs a station} && shift 2 ;;
  -h | --help) usage && exit 0 ;;
  *) usage >&2 && exit 2 ;;
  esac
done

# Nobody's: a traveller may be called verify. Accounts are not deleted, so each try leaves one, closed.
account=verify-$(od -An -N5 -tx1 /dev/urandom | tr -d ' ')
pnr="" failures=0 ahead=2 tries=6
work=$(mktemp -d)

# Gives back what is left of a try that broke off.
clean_up() {
  if [ -n "$pnr" ]; then "$kiosk" booking cancel "$pnr" --yes >/dev/null 2>&1; fi
  "$kiosk" user lock "$account" >/dev/null 2>&1
  rm -rf "$work"
}
trap clean_up EXIT

# The value of the first text or number with a name in JSON on standard input.
first() { grep -oE "\"$1\":\"?[^\",}]*" | head -n 1 | sed -E 's/^"[^"]*":"?//'; }

# check WHAT REMEDY COMMAND...: one line. What the command said stands under it when it failed.
check() {
  local what=$1 remedy=$2
  shift 2
  if "$@" >"$work/said" 2>&1; then
    printf 'passed  %s\n' "$what"
  else
    failures=$((failures + 1))
    printf 'failed  %s: %s\n' "$what" "$remedy"
    sed 's/^/          /' "$work/said"
    return 1
  fi
}

has_administrator() { "$kiosk" user list --json >"$work/users" && grep -q '"Role":"administrator"' "$work/users"; }

# Opens an account of its own, with a password that nobody knows.
open_account() {
  head -c 24 /dev/urandom | base64 | tr -d '/+=' | "$kiosk" user add "$account" "$account@kiosk.example"
}

# The runs and classes of the next day, within a week, on which a train goes: the first, and others as they come.
find_trains() {
  local offer run
  for (( ; ahead <= 8; ahead++)); do
    "$kiosk" search "$from" "$to" --on "$(TZ=Asia/Kolkata date -d "+$ahead days" +%F)" --json >"$work/found" || return
    while IFS= read -r offer; do
      run=$(first RunID <<<"$offer")
      # Of the classes with a fare; an unreserved ticket takes no berth.
      grep -oE '"Class":"[^"]+","Fare":[0-9]' <<<"$offer" | cut -d '"' -f 4 | grep -vx UR | sed "s/^/$run /"
    done <"$work/found" >"$work/all"
    if [ -s "$work/all" ]; then
      { head -n 1 "$work/all" && tail -n +2 "$work/all" | shuf; } >"$work/offers"
      return
    fi
  done
  echo "No train goes from $from to $to within a week."
  return 1
}

sell() {
  "$kiosk" booking sell "$1" "$from" "$to" "$2" --passenger "Test Verify,F,34" --phone 0000000000 --test --json \
    </dev/null >"$work/booking" || return
  pnr=$(first BookingID <"$work/booking")
  [ -n "$pnr" ]
}

# Books a place; where the first is sold out, three of the day and three of the next are tried.
book() {
  local class
  while [ "$tries" -gt 0 ] && find_trains; do
    while [ "$tries" -gt 0 ] && read -r run class; do
      tries=$((tries - 1))
      if sell "$run" "$class"; then return; fi
      if [ "$tries" -eq 3 ]; then break; fi
    done <"$work/offers"
    ahead=$((ahead + 1))
  done
  return 1
}

read_receipt() {
  "$kiosk" booking receipt "$pnr" -o - >"$work/receipt.pdf" && [ "$(head -c 4 "$work/receipt.pdf")" = %PDF ]
}

cancel() {
  "$kiosk" booking cancel "$pnr" --yes || return
  "$kiosk" booking show "$pnr" --json >"$work/after" && [ "$(first Status <"$work/after")" = Cancelled ]
}

check "the store answers" "look at store, region and tables in the settings; kiosk provision makes the tables" "$kiosk" health
check "an administrator is there" "make one with kiosk user add NAME EMAIL --role administrator" has_administrator
check "an account can be made" "see whether the users table can be written" open_account
if check "the trains are there" "load them with kiosk seed" find_trains; then
  if check "a journey can be booked" "look in the log for what the store refused, and at kiosk sales list" book; then
    check "its receipt can be read" "see whether the bucket can be written and read" read_receipt
    if check "it can be cancelled" "cancel PNR $pnr at a counter" cancel; then pnr=""; fi
    check "what is kept agrees with the bookings" "kiosk audit says what to do about each difference" \
      "$kiosk" audit --run "$run"
  fi
fi

if [ "$failures" -gt 0 ]; then
  printf '%s\n' "Kiosk is not ready: $failures of the above failed."
  exit 1
fi
echo "Kiosk is ready."
