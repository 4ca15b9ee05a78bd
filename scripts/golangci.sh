#!/usr/bin/env bash
# Builds golangci-lint with the analyzer as a module plugin, as `golangci-lint custom`
# does but from the module proxy, and runs it over a sample. Takes minutes: golangci-lint
# has some hundred modules.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD version=${1:-v2.15.0}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export GOWORK=off GOFLAGS=-mod=mod

mkdir "$dir/linter" "$dir/sample"
cat >"$dir/linter/go.mod" <<END
module example.com/linter

go 1.25.0

require (
	github.com/golangci/golangci-lint/v2 $version
	github.com/stackalloc/stackalloc/cmd/stackalloc v0.0.0
)

replace (
	github.com/stackalloc/stackalloc => $root
	github.com/stackalloc/stackalloc/cmd/stackalloc => $root/cmd/stackalloc
)
END
cat >"$dir/linter/main.go" <<'END'
package main

import (
	"os"

	"github.com/golangci/golangci-lint/v2/pkg/commands"

	_ "github.com/stackalloc/stackalloc/cmd/stackalloc/analyzer"
)

func main() {
	if commands.Execute(commands.BuildInfo{GoVersion: "unknown", Version: "custom", Commit: "none", Date: "none"}) != nil {
		os.Exit(3)
	}
}
END
(cd "$dir/linter" && go mod tidy && go build -o "$dir/golangci-lint" .)

cat >"$dir/sample/go.mod" <<END
module example.com/sample

go 1.25.0

require github.com/stackalloc/stackalloc v0.1.0

replace github.com/stackalloc/stackalloc => $root
END
cat >"$dir/sample/.golangci.yml" <<'END'
version: "2"
linters:
  default: none
  enable: [stackalloc]
  settings:
    custom:
      stackalloc:
        type: module
        settings: {strict: true}
END
cat >"$dir/sample/a.go" <<'END'
package sample

import "github.com/stackalloc/stackalloc"

var keep []byte

func F(n int) (k int) {
	stackalloc.Do(n, func(b []byte) { k += len(b) })
	stackalloc.Do(n, func(b []byte) { keep = b })
	stackalloc.Do(n, func(b []byte) { keep = b })    // stackalloc:heap
	stackalloc.Do(n, func(b []byte) { k += len(b) }) // stackalloc:heap
	return k
}
END
cat >"$dir/sample/a_test.go" <<'END'
package sample

import (
	"testing"

	"github.com/stackalloc/stackalloc"
)

func TestF(t *testing.T) { stackalloc.Do(F(1), func(b []byte) { keep = b }) }
END

cd "$dir/sample"
status=0
out=$("$dir/golangci-lint" run ./...) || status=$?
echo "$out"
want='a.go:9:2: stackalloc.Do: unproven: stored in the package variable keep at a.go:9 (stackalloc)
a.go:11:51: the comment stackalloc:heap accepts nothing: no call here is unproven; remove it (stackalloc)
a_test.go:9:28: stackalloc.Do: unproven: stored in the package variable keep at a_test.go:9 (stackalloc)'
got=$(grep '(stackalloc)$' <<<"$out" | sort -V)
[ "$status" = 1 ] && [ "$got" = "$(sort -V <<<"$want")" ] || { echo "golangci-lint $version: status $status, want:"; echo "$want"; exit 1; }
echo "golangci-lint $version tells what it should"
