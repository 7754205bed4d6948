#!/bin/sh
# Prints the path of the kube binary (etcd, the Kubernetes control plane and kubectl in one file):
#   1. $KUBE_BIN, if set;
#   2. the cached build of exactly these sources, Go version and machine;
#   3. a new build with Go, put into the cache.
# Only the path goes to stdout; everything for people goes to stderr.
set -eu

say() { printf '%s\n' "$*" >&2; }
fail() { say "kube: $*"; exit 1; }

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

if [ -n "${KUBE_BIN:-}" ]; then
    [ -f "$KUBE_BIN" ] || fail "KUBE_BIN=$KUBE_BIN does not exist. Point it at a kube binary or unset it to build one."
    [ -x "$KUBE_BIN" ] || fail "KUBE_BIN=$KUBE_BIN is not executable. Run 'chmod +x' on it or unset KUBE_BIN to build one."
    printf '%s\n' "$KUBE_BIN"
    exit 0
fi

go_wanted=$(sed -n 's/^go //p' "$here/go.mod")
version=$(sed -n 's/^[[:space:]]*k8s.io\/kubernetes \(v[0-9.]*\).*/\1/p' "$here/go.mod" | head -n 1)
command -v go >/dev/null 2>&1 || fail "Go $go_wanted or newer is needed to build Kubernetes $version once, and 'go' is not in PATH.
  Get it from https://go.dev/dl or from your distribution (package golang or golang-go; see that it is $go_wanted or newer),
  or set KUBE_BIN to a kube binary that was built elsewhere from tools/kube."

go_has=$(cd "$here" && go version) || fail "'go version' failed in $here (go.mod asks for Go $go_wanted; see the message above)."
hash() { if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi; }
key=$({ cat "$here/main.go" "$here/go.mod" "$here/go.sum"; printf '%s\n' "$go_has"; } | hash | cut -c1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/epd-operator/kube/$key
kube=$cache/kube

if [ -x "$kube" ]; then
    printf '%s\n' "$kube"
    exit 0
fi

mkdir -p "$cache"
lock=$cache/lock
tmp=$cache/kube.$$
log=$cache/build.$$.log
builder=
owned=

# A lock is a folder made by one process and holding its pid; one whose process is gone is taken over.
lock_holder_alive() { holder=$(cat "$lock/pid" 2>/dev/null) && [ -n "$holder" ] && kill -0 "$holder" 2>/dev/null; }
cleanup() {
    [ -z "$builder" ] || kill "$builder" 2>/dev/null || :
    rm -f "$tmp" "$log"
    [ -z "$owned" ] || rm -rf "$lock"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

waited=0
until mkdir "$lock" 2>/dev/null; do
    if ! lock_holder_alive; then
        sleep 1 # its owner may be between mkdir and writing its pid
        if ! lock_holder_alive; then
            stale=$lock.stale.$$
            if mv "$lock" "$stale" 2>/dev/null; then rm -rf "$stale"; fi
        fi
        continue
    fi
    [ $((waited % 2)) -ne 0 ] || say "kube: another build (pid $holder) is running, waiting for it (${waited} s)"
    sleep 1
    waited=$((waited + 1))
done
owned=1
echo $$ >"$lock/pid"

if [ ! -x "$kube" ]; then # the build that we waited for may have made it
    say "kube: building Kubernetes $version from Go modules with $go_has"
    say "kube: once only, about 5 minutes on 2 idle cores and 2.5 GiB of memory; the result is kept in $cache"
    (cd "$here" && go mod download && CGO_ENABLED=0 go list -deps . >"$log") >&2 &
    builder=$!
    seconds=0
    while kill -0 "$builder" 2>/dev/null; do
        [ $((seconds % 2)) -ne 0 ] || say "kube: fetching modules, about 95 MB if none is here (${seconds} s)"
        sleep 1
        seconds=$((seconds + 1))
    done
    wait "$builder" || fail "the Go modules could not be fetched; see the message above (is the network or GOPROXY reachable?)"
    minor=${version#v1.}
    minor=${minor%%.*}
    total=$(wc -l <"$log")
    (
        cd "$here"
        CGO_ENABLED=0 exec go build -v -trimpath -o "$tmp" -ldflags "-s -w \
 -X k8s.io/component-base/version.gitVersion=$version \
 -X k8s.io/component-base/version.gitMajor=1 \
 -X k8s.io/component-base/version.gitMinor=$minor \
 -X k8s.io/client-go/pkg/version.gitVersion=$version" .
    ) >"$log" 2>&1 &
    builder=$!
    seconds=0
    while kill -0 "$builder" 2>/dev/null; do
        if [ $((seconds % 2)) -eq 0 ]; then
            say "kube: $(wc -l <"$log" | tr -d ' ') of at most $(echo "$total" | tr -d ' ') packages compiled, then one link step (${seconds} s)"
        fi
        sleep 1
        seconds=$((seconds + 1))
    done
    if ! wait "$builder"; then
        builder=
        tail -n 20 "$log" >&2
        fail "the build failed; the last lines are above"
    fi
    builder=
    mv -f "$tmp" "$kube"
    say "kube: built in ${seconds} s"
fi
printf '%s\n' "$kube"
