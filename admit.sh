#!/bin/bash
# Tests a version of Go on which the library does not yet trust the register ABI, the
# stack maps and the thread, as if it did, and says what holds, what does not, and which
# lines admit the version.
#
#	./admit.sh [-short] [-without] VERSION
#
# VERSION is one that GOTOOLCHAIN takes, such as go1.28rc1. All happens in a copy of
# what git has of this folder, in which those lines are changed. -short leaves out what
# takes long, -without takes the admission of VERSION away in the copy first, which
# tries this script on a version that is admitted. The environment variable TARGETS
# holds the targets of scripts/cross.sh, by default all that it knows.
#
# Exit status 0: everything holds. 1: something does not. 2: it could not be tested.
set -u
cd "$(dirname "$0")"
{ # read whole before it runs, since it may be changed meanwhile

short= without= version= failed=0 missing=0
for a; do
	case $a in
	-short) short=-short ;;
	-without) without=1 ;;
	go1.*) version=$a ;;
	*)
		sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
		exit 2
		;;
	esac
done
[[ $version =~ ^go1\.([0-9]+) ]] || { echo "admit.sh: name a version, such as go1.28rc1" >&2; exit 2; }
minor=${BASH_REMATCH[1]}
export GOTOOLCHAIN=$version GOFLAGS=-buildvcs=false
said=$(go version 2>&1) && [[ $said == *" $version "* ]] || { echo "admit.sh: $version cannot be had: $said" >&2; exit 2; }

copy=$(mktemp -d) logs=${LOGS:-$(mktemp -d)}
trap 'rm -rf "$copy"' EXIT
git ls-files -z | xargs -0 cp --parents -t "$copy" || exit 2
cd "$copy" || exit 2

constrained() { grep -rlE "^//go:build .*go1\.$1\b" --include='*.go' --include='*.s' .; }

# shift FROM TO makes TO, instead of FROM, the first minor version that is not admitted.
shift_to() {
	sed -i -E "1,3s/^(\/\/go:build .*go1\.)$1\b/\1$2/" $(constrained "$1") &&
		sed -i "s/newestAdmitted = $(($1 - 1))\$/newestAdmitted = $(($2 - 1))/" abi_test.go
}

first=$(grep -rhoE '^//go:build !go1\.[0-9]+$' --include='*.go' . | sort -u | sed 's/.*\.//')
[[ $first =~ ^[0-9]+$ ]] || { echo "admit.sh: the build constraints name these first versions that are not admitted: $first" >&2; exit 2; }
if [[ -n $without ]]; then
	((minor < first)) || { echo "admit.sh: $version is not admitted, so -without has nothing to take away" >&2; exit 2; }
	shift_to "$first" "$minor" || exit 2
	first=$minor
fi

line() { printf '%-14s %s\n' "$@"; }

# try NAME COMMAND…
try() {
	local name=$1 log begin=$SECONDS
	shift
	log=$logs/${name//[ \/]/-}.log
	if "$@" >"$log" 2>&1; then
		line holds "$name ($((SECONDS - begin)) s)"
		return 0
	fi
	line "DOES NOT HOLD" "$name ($((SECONDS - begin)) s), $log"
	grep -E '^ *--- FAIL|^FAIL|^panic:|^fatal error:|^#|^FAILED' "$log" | head -20 | sed 's/^/               /'
	failed=$((failed + 1))
	return 1
}

# assumptions PACKAGE FILE… tells of each test in the files.
assumptions() {
	local package=$1 tests log
	shift
	tests=$(sed -nE 's/^func (Test[A-Za-z0-9_]+)\(.*/\1/p' "$@" | paste -sd'|')
	log=$logs/assumptions-${package//[.\/]/}.log
	STACKALLOC_EXPECT="$(go env GOARCH) assembly" go test -v -count=1 -run "^($tests)\$" "$package" >"$log" 2>&1
	sed -nE 's/^--- (PASS|FAIL|SKIP): (Test[^ ]+).*/\1 \2/p' "$log" | while read -r result test; do
		case $result in
		PASS) line holds "$package $test" ;;
		SKIP) line "not tested" "$package $test" ;;
		FAIL) line "DOES NOT HOLD" "$package $test, $log" ;;
		esac
	done
	# A run that dies names the test last, which has no result.
	if ! grep -q '^ok ' "$log"; then
		failed=$((failed + 1))
		grep -q '^--- FAIL' "$log" || { line "DOES NOT HOLD" "$package, $log"; tail -5 "$log" | sed 's/^/               /'; }
	fi
}

echo "== $version, $(go env GOOS)/$(go env GOARCH); logs in $logs"
if ((minor < first)); then
	echo "== $version is admitted already"
else
	echo "== as the library is now: by ABI0, with Go frames for pointers and without spare blocks"
	try "tests as it is now" env STACKALLOC_EXPECT="$(go env GOARCH) assembly, ABI0" go test -short .
	shift_to "$first" $((minor + 1)) || exit 2
	before=$(sed -n 's/^var toolchains = //p' cmd/stackalloc/check_test.go)
	[[ $before == *"\"$version\""* ]] || sed -i "/^var toolchains = /s/}\$/, \"$version\"}/" cmd/stackalloc/check_test.go
	echo "== as if $version were admitted"
fi

try "vet" go vet . ./internal/... ./scratch ./arena ./alloc ./noalloc ./small
try "vet arm64" env GOARCH=arm64 CGO_ENABLED=0 go vet . ./internal/...
assumptions . abi*_test.go
assumptions ./noalloc noalloc/assumptions_test.go
try "start-up" go test -count=1 -run 'StartUp' .
try "corpus" go test -count=1 $short -run 'Corpus' . ./noalloc
try "tests" env STACKALLOC_EXPECT="$(go env GOARCH) assembly" go test $short . ./internal/... ./scratch ./arena ./alloc ./noalloc ./small
try "race" go test -short -race . ./internal/... ./scratch ./arena ./alloc ./small
try "checkptr" go test -short -gcflags=all=-d=checkptr . ./internal/... ./scratch ./arena ./alloc ./small
try "unoptimized" env STACKALLOC_UNOPTIMIZED=1 go test -short '-gcflags=all=-N -l' . ./scratch ./arena ./alloc
try "collector" env GOGC=1 GODEBUG=clobberfree=1 go test -short -run 'Block|Pointers|Strings|CorpusLeaks|Programs' .
try "generator" go run ./internal/generate/run -programs "$([[ -n $short ]] && echo 60 || echo 400)" -variants plain,move,collect,race,checkptr-own,abi0
[[ -n $short ]] || try "mutants" go test -count=1 -run Mutants ./internal/generate
try "check reads listings" go test -count=1 -run 'TestVerdicts/toolchain=$' ./cmd/stackalloc

echo "== architectures"
# Not through a pipe into a loop: the counts are kept.
scripts/cross.sh ${TARGETS:-} >"$logs/cross.log" 2>&1
cat "$logs/cross.log"
failed=$((failed + $(grep -c '^FAIL' "$logs/cross.log")))
missing=$((missing + $(grep -c '^miss' "$logs/cross.log")))

if ((minor >= first)); then
	echo "== lines that admit go1.$minor: the first version not admitted becomes go1.$((minor + 1)) in"
	grep -rnE "^//go:build .*go1\.$((minor + 1))\b|newestAdmitted = $minor\$" --include='*.go' --include='*.s' . | sed 's/^\.\//               /'
	echo "== and, so that it stays tested:"
	grep -n '^var toolchains' cmd/stackalloc/check_test.go | sed 's/^/               cmd\/stackalloc\/check_test.go:/'
	grep -nE '^step "go1\.' .ci/run | tail -1 | sed "s/^/               .ci\/run: a step like /"
	echo "== places that name the newest version so far, to be read again:"
	grep -rnE "(1\.[0-9]+ to 1\.|Go 1\.|go1\.)$((first - 1))\b" --include='*.go' --include='*.md' --include='*.s' --include='*.h' . |
		grep -vE 'testdata|check_test\.go.*toolchains|^./CHANGELOG|go:build' | cut -c1-150 | sed 's/^\.\//               /'
fi
if ((failed)); then
	echo "== $version: $failed of these do not hold; do not admit it"
	exit 1
fi
echo "== $version: everything holds$( ((missing)) && echo ", but $missing targets could not be run here")"
((missing)) && exit 2
exit 0
}
