#!/usr/bin/env bash
# Runs a long command quietly and says every 2 s that it goes on; its output only if it fails.
#   tools/progress.sh WHAT COMMAND...
set -uo pipefail
what=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"$@" >"$log" 2>&1 &
command=$!
trap 'kill "$command" 2>/dev/null; rm -f "$log"; exit 130' INT TERM
start=$SECONDS
next=2
while kill -0 "$command" 2>/dev/null; do
  sleep 0.2
  if ((SECONDS - start >= next)); then
    at=$(grep -o 'Building EPD[^\[]*' "$log" | tail -1 | sed 's/^Building //; s/ [0-9.]*-SNAPSHOT *$//')
    printf '%s, %d s  %s\n' "$what" "$((SECONDS - start))" "$at"
    next=$((SECONDS - start + 2))
  fi
done
wait "$command"
code=$?
((code == 0)) || cat "$log"
exit "$code"
