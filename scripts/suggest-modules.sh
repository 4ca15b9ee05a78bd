#!/usr/bin/env bash
# Makes all changes that suggest proposes in modules of other people, and runs their tests
# before and after: no test that passed may fail. Modules are named as arguments, each with
# @VERSION or not; without any, ten are taken, and with -all those of
# benchmarks/internal/programs/survey.txt. They come from the module proxy, and stay
# below the directory in WORK, if that is set. The go line is raised to what the library
# needs, and the library required, before the first run of the tests.
#
# It prints, for each module: places found and changed, the changes (one may serve several
# places), tests that passed before, in packages that a change reaches, and tests broken,
# that is those that fail twice after; and exits 1 if any broke. With -all it also prints
# what was found and the calls that were written when the survey was made.
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
survey=$root/benchmarks/internal/programs/survey.txt
if [ "${1:-}" = -all ]; then
	mapfile -t modules < <(awk '!/^#/ { print $1 "@" $2 }' "$survey")
fi
(cd "$root/cmd/stackalloc" && go build -o "$work/stackalloc" .) || exit 2
export GOWORK=off GOFLAGS=-mod=mod

# surveyed MODULE: its packages, what was found then, the calls then and the tests to run.
surveyed() {
	awk -v m="${1%@*}" '$1 == m {
		run = "."; n = NF
		if ($n ~ /^-run=/) { run = substr($n, 6); n-- }
		p = $3; for (i = 4; i < n - 1; i++) p = p " " $i
		print p "|" $(n-1) "|" $n "|" run
	}' "$survey"
}

# reached DIFF: the packages whose tests have a changed one in them.
reached() {
	local changed
	changed=$(grep '^+++ ' "$1" | sed 's/^+++ [^\/]*\///; s/\t.*//' | xargs -r -d '\n' -n 1 dirname | sort -u | sed 's/^/.\//' | xargs -r go list | tr '\n' ' ')
	go list -test -f '{{if not .ForTest}}{{.ImportPath}} {{join .Deps " "}}{{end}}' $packages |
		awk -v list="$changed" 'BEGIN { n = split(list, c) } $1 ~ /\.test$/ { for (i = 1; i <= n; i++) if (index($0 " ", " " c[i] " ")) { sub(/\.test$/, "", $1); print $1; next } }'
}

# run FILE PACKAGE…: the tests that pass, and those that fail, one a line.
run() {
	local out=$1
	shift
	go test -count=1 -timeout 5m -run "$tests" -json "$@" 2>"$out.err" | grep -E '"Action":"(pass|fail|build-fail)"' |
		grep -oE '"(Action|Package|Test|ImportPath)":"[^"]*"' |
		awk -F'"' '$2=="Action"{if(a)print a,p,t; a=$4;p="";t=""} $2=="Package"||$2=="ImportPath"{p=$4} $2=="Test"{t=$4} END{print a,p,t}' |
		sed "s#${TMPDIR:-/tmp}/\\([A-Za-z]*\\)[0-9]*/#/tmp/\\1/#g; s#0x[0-9a-f]\\{6,\\}#0x0#g" | # tests named after folders and addresses have other names each time
		sort -u >"$out"
}

status=0
total=(0 0 0 0 0 0 0)
add() {
	local i=0 n
	for n; do total[i]=$((total[i] + ${n//-/0})); i=$((i + 1)); done
}
row() { printf '%-40s %6s %8s %8s %8s %7s %11s %11s\n' "$@"; }
row module found changed changes passed broken 'found then' 'calls then'
for m in "${modules[@]}"; do
	dir=$(cd "$work" && go mod download -json "$m" 2>/dev/null | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
	[ -n "$dir" ] || { echo "$m: the proxy does not have it"; continue; }
	IFS='|' read -r packages found_then calls_then tests < <(surveyed "$m"; echo './...|-|-|.')
	copy=$work/$(echo "$m" | tr '/' '_')
	[ -d "$copy" ] && { chmod -R u+w "$copy"; rm -rf "$copy"; }
	cp -r "$dir" "$copy" && chmod -R u+w "$copy" && cd "$copy" || exit 2
	[ -f go.mod ] || go mod init "${m%@*}" 2>/dev/null
	was=$(sed -n 's/^go \([0-9.]*\).*/\1/p' go.mod)
	go mod edit -go="$(printf '%s\n' 1.25.0 "$was" | sort -V | tail -1)" -toolchain=none -require=github.com/stackalloc/stackalloc@v0.1.0 -replace="github.com/stackalloc/stackalloc=$root" &&
		go list -deps -test $packages github.com/stackalloc/stackalloc >/dev/null 2>"$work/list" || { echo "$m: $(tail -1 "$work/list")"; continue; }
	"$work/stackalloc" suggest -why -json $packages >why.json 2>"$work/why" || [ $? = 1 ] || { echo "$m: $(tail -1 "$work/why")"; status=1; continue; }
	"$work/stackalloc" suggest -diff $packages >changes.diff
	: >"$work/before"
	broken=
	if [ -s changes.diff ]; then
		mapfile -t affected < <(reached changes.diff)
		run "$work/before" "${affected[@]}"
		patch -s -p1 <changes.diff || { echo "$m: the diff does not apply"; status=1; continue; }
		run "$work/after" "${affected[@]}"
		broken=$(comm -23 <(grep '^pass' "$work/before") <(grep '^pass' "$work/after"))
		if [ -n "$broken" ]; then # a test may fail now and then by itself
			run "$work/again" "${affected[@]}"
			broken=$(comm -23 <(printf '%s\n' "$broken") <(grep '^pass' "$work/again"))
		fi
	fi
	changes=$(grep -cE '^\+.*(stackalloc[0-9]*\.(Do|Uninit|Call2?|Scope|Copy)[[(]|var [[:alnum:]]+(Room|Array)[0-9]* \[[0-9]+\])' changes.diff)
	figures=("$(grep -c '"kind"' why.json)" "$(grep -c '"rewrite": true' why.json)" "$changes" \
		"$(grep -c '^pass' "$work/before")" "$(printf '%s' "$broken" | grep -c .)" "$found_then" "$calls_then")
	row "$m" "${figures[@]}"
	add "${figures[@]}"
	[ -z "$broken" ] || { printf '%s\n' "$broken" | sed 's/^/  broken: /'; status=1; }
done
row all "${total[@]}"
exit $status
