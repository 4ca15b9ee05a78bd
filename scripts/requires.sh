#!/usr/bin/env bash
# Shows that requiring the library moves nobody's dependencies: in a module that uses old
# versions of what the library and its command use, go get changes the library's own line
# and nothing else. The go line has to be 1.25 before; from one below 1.17, which has the go
# command list what it did not list before, no version moves.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
scripts/proxy.sh "$work/proxy" v0.1.0
export GOPROXY=file://$work/proxy,$(go env GOPROXY) GONOSUMDB=github.com/stackalloc GOFLAGS=-mod=mod GOWORK=off GOMODCACHE=$work/cache
# What other modules need is taken from the cache that there is.
GOPROXY=file://$work/proxy,file://$(GOMODCACHE= go env GOMODCACHE)/cache/download,$(GOPROXY= go env GOPROXY)

# module starts a module of a go line.
module() {
	mkdir "$work/$2" && cd "$work/$2"
	cat >go.mod <<-MOD
		module example.com/user

		go $1

		require (
			github.com/google/pprof v0.0.0-20240727154555-813a5fbdbec8
			github.com/stretchr/testify v1.8.4
			golang.org/x/sys v0.22.0
			golang.org/x/tools v0.20.0
		)
	MOD
	cat >user.go <<-GO
		package user

		import (
			_ "github.com/google/pprof/profile"
			_ "github.com/stretchr/testify/assert"
			_ "golang.org/x/sys/cpu"
			_ "golang.org/x/tools/go/ast/astutil"
		)
	GO
	go mod tidy
	cp go.mod before
	go list -m all | sort >versions
}

module 1.16 old
go get github.com/stackalloc/stackalloc@v0.1.0
go list -m all | sort >after
moved=$(comm -23 versions after)
[[ -z $moved ]] || { echo "it moves $moved"; exit 1; }

module 1.25.0 user
go get github.com/stackalloc/stackalloc@v0.1.0
changes=$(diff before go.mod | grep '^[<>]' || true)
echo "go get changes in go.mod: $changes"
[[ $changes == '> require github.com/stackalloc/stackalloc v0.1.0 // indirect' ||
	$changes == $'> \tgithub.com/stackalloc/stackalloc v0.1.0 // indirect' ]] || { echo "it moves other dependencies"; exit 1; }
cat >use.go <<'GO'
package user

import "github.com/stackalloc/stackalloc"

func Sum(n int) (sum int) {
	stackalloc.Do(n, func(b []byte) { sum = len(b) })
	return sum
}
GO
go mod tidy
go build ./...
changes=$(diff before go.mod | grep '^[<>]' || true)
echo "used and tidied: $changes"
[[ $(grep -c . <<<"$changes") == 1 && $changes == *'github.com/stackalloc/stackalloc v0.1.0' ]] || { echo "it moves other dependencies"; exit 1; }
# The command installs as it is, on a machine that has only the proxy.
GOBIN=$work/bin go install github.com/stackalloc/stackalloc/cmd/stackalloc@v0.1.0
"$work/bin/stackalloc" check ./...
# With a go.mod of its own for tools it leaves the user's alone, and its exit status arrives.
cp go.mod tools.mod
go get -tool -modfile=tools.mod github.com/stackalloc/stackalloc/cmd/stackalloc@v0.1.0
status=0
go tool -modfile=tools.mod stackalloc check -nosuchflag 2>/dev/null || status=$?
[[ $status == 2 ]] || { echo "go tool stackalloc ends with $status, not 2"; exit 1; }
echo "requiring the library changes its own line only"
