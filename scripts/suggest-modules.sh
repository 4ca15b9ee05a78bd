#!/usr/bin/env bash
# Makes all changes that suggest proposes in modules of other people, and runs their tests
# before and after: no test that passed may fail. Modules are named as arguments, each with
# @VERSION or not; without any, ten are taken. They come from the module proxy, and stay
# below the directory in WORK, if that is set. The go line is raised to what the library
# needs, and the library required, before the first run of the tests.
#
# It prints, for each module: places found and changed, the changes (one may serve several
# places), tests that passed before, and tests broken; and exits 1 if any broke.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
unset GOFLAGS
work=${WORK:-$(mktemp -d)}
mkdir -p "$work"
[ -n "${WORK:-}" ] || trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
modules=("$@")
[ ${#modules[@]} -gt 0 ] || modules=(
	github.com/adrg/strutil@v0.3.1
	github.com/agnivade/levenshtein@v1.2.2
	github.com/btcsuite/btcd/btcutil@v1.2.0
	github.com/go-sql-driver/mysql@v1.10.1
	github.com/lib/pq@v1.12.3
	github.com/miekg/dns@v1.1.73
	github.com/prometheus/common@v0.73.1
	github.com/sergi/go-diff@v1.4.0
	github.com/tidwall/gjson@v1.20.2
	github.com/vmihailenco/msgpack/v5@v5.4.1
)
(cd "$root/cmd/stackalloc" && go build -o "$work/stackalloc" .) || exit 2
export GOWORK=off GOFLAGS=-mod=mod

# run FILE: the tests that pass, and those that fail, one a line.
run() {
	go test -count=1 -timeout 5m -json ./... 2>"$1.err" | grep -E '"Action":"(pass|fail|build-fail)"' |
		grep -oE '"(Action|Package|Test|ImportPath)":"[^"]*"' |
		awk -F'"' '$2=="Action"{if(a)print a,p,t; a=$4;p="";t=""} $2=="Package"||$2=="ImportPath"{p=$4} $2=="Test"{t=$4} END{print a,p,t}' |
		sort -u >"$1"
}

status=0
printf '%-40s %6s %8s %8s %8s %7s\n' module found changed changes passed broken
for m in "${modules[@]}"; do
	dir=$(cd "$work" && go mod download -json "$m" 2>/dev/null | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
	[ -n "$dir" ] || { echo "$m: the proxy does not have it"; continue; }
	copy=$work/$(echo "$m" | tr '/' '_')
	[ -d "$copy" ] && { chmod -R u+w "$copy"; rm -rf "$copy"; }
	cp -r "$dir" "$copy" && chmod -R u+w "$copy" && cd "$copy" || exit 2
	[ -f go.mod ] || go mod init "${m%@*}" 2>/dev/null
	go mod edit -go=1.25.0 -toolchain=none -require=github.com/stackalloc/stackalloc@v0.1.0 -replace="github.com/stackalloc/stackalloc=$root" &&
		go list -deps -test ./... github.com/stackalloc/stackalloc >/dev/null 2>"$work/list" || { echo "$m: $(tail -1 "$work/list")"; continue; }
	run "$work/before"
	"$work/stackalloc" suggest -why -json ./... >why.json 2>"$work/why" || [ $? = 1 ] || { echo "$m: $(tail -1 "$work/why")"; status=1; continue; }
	"$work/stackalloc" suggest -diff ./... >changes.diff
	if [ -s changes.diff ]; then patch -s -p1 <changes.diff || { echo "$m: the diff does not apply"; status=1; continue; }; fi
	run "$work/after"
	broken=$(comm -23 <(grep '^pass' "$work/before") <(grep '^pass' "$work/after"))
	changes=$(grep -cE '^\+.*(stackalloc[0-9]*\.(Do|Uninit|Call2?|Scope|Copy)[[(]|var [[:alnum:]]+(Room|Array)[0-9]* \[[0-9]+\])' changes.diff)
	printf '%-40s %6d %8d %8d %8d %7d\n' "$m" "$(grep -c '"kind"' why.json)" "$(grep -c '"rewrite": true' why.json)" "$changes" \
		"$(grep -c '^pass' "$work/before")" "$(printf '%s' "$broken" | grep -c .)"
	[ -z "$broken" ] || { printf '%s\n' "$broken" | sed 's/^/  broken: /'; status=1; }
done
exit $status
