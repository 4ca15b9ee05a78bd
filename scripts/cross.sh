#!/bin/bash
# Tests the architectures that this machine can run or emulate, one line of result
# for each, and vets all. It installs nothing; where something is missing it says
# what, and fails.
#
#	scripts/cross.sh [-full] [TARGET…]
#
# A target is one of those below, "vet" for go vet and go build on all platforms, or
# the name of one platform, such as windows/arm64, for that. Without a target
# everything is done. -full leaves out -short. The environment variable PACKAGES
# holds what is tested instead of the packages that differ by architecture, and
# LOGS the folder for the output of each test.
#
# Each run sets STACKALLOC_EXPECT, so that a target on which another implementation
# ran than the one expected there fails.
set -u
cd "$(dirname "$0")/.."

# target  GOOS/GOARCH  tags  C compiler and sysroot, or "-" for no cgo  expected implementation
targets='
amd64         linux/amd64    -               -                                          amd64 assembly
amd64-purego  linux/amd64    purego          -                                          Go frames
amd64-cgo     linux/amd64    stackalloc_cgo  gcc                                        Go frames and C99
386           linux/386      -               -                                          Go frames
arm64         linux/arm64    -               -                                          arm64 assembly
arm64-cgo     linux/arm64    stackalloc_cgo  aarch64-linux-gnu-gcc,/usr/aarch64-linux-gnu  Go frames and C99
riscv64       linux/riscv64  -               -                                          Go frames
riscv64-cgo   linux/riscv64  -               riscv64-linux-gnu-gcc,/usr/riscv64-linux-gnu  Go frames and C99
arm           linux/arm      -               -                                          Go frames
s390x         linux/s390x    -               -                                          Go frames
ppc64le       linux/ppc64le  -               -                                          Go frames
ppc64         linux/ppc64    -               -                                          Go frames
mips64le      linux/mips64le -               -                                          Go frames
mips64        linux/mips64   -               -                                          Go frames
mipsle        linux/mipsle   -               -                                          Go frames
mips          linux/mips     -               -                                          Go frames
loong64       linux/loong64  -               -                                          Go frames
js            js/wasm        -               -                                          Go frames
wasip1        wasip1/wasm    -               -                                          Go frames
'

# What is vetted and built: every architecture, for asmdecl, and the systems.
vetted='linux/386 linux/amd64 linux/arm linux/arm64 linux/loong64 linux/mips linux/mipsle linux/mips64 linux/mips64le
linux/ppc64 linux/ppc64le linux/riscv64 linux/s390x js/wasm wasip1/wasm
windows/amd64 windows/arm64 darwin/amd64 darwin/arm64 freebsd/amd64 freebsd/arm64'

flags=(-short) failed=0 wanted=()
packages=${PACKAGES:-". ./internal/gstack ./internal/cstack ./internal/recycle ./small"}
logs=${LOGS:-$(mktemp -d)}
hostos=$(go env GOHOSTOS) hostarch=$(go env GOHOSTARCH)

line() { printf '%-5s %-13s %-18s %s\n' "$@"; }

# absent TARGET WHAT PACKAGES
absent() {
	line miss "$1" "" "no $2: apt-get install $3"
	failed=1
}

# native GOOS/GOARCH: does this machine run it?
native() {
	[[ $1 == "$hostos/$hostarch" || $1 == linux/386 && $hostos/$hostarch == linux/amd64 ]]
}

# failures LOG prints what a failed run said: of tests only those that failed.
failures() {
	awk '/^=== RUN/ { said = "" }
		/^ *--- FAIL/ { print said $0; said = ""; next }
		/^FAIL|^panic:|^fatal error:|^#|^\.\// { crash = 1 }
		/^ *--- |^=== / { said = ""; next }
		crash { print; next }
		{ said = said $0 "\n" }' "$1"
}

# runsGo ENV… -- RUNNER: does a program of Go alone, which waits for goroutines and a
# pipe, run on it? Emulators of some architectures and versions of Go do not get on.
runsGo() {
	local -a env=()
	while [[ $1 != -- ]]; do env+=("$1"); shift; done
	cat >"$logs/pipe.go" <<'GO'
package main

import "os"

func main() {
	for range 100 {
		r, w, err := os.Pipe()
		if err != nil {
			panic(err)
		}
		go func() {
			w.Write(make([]byte, 1))
			w.Close()
		}()
		if n, err := r.Read(make([]byte, 1)); n != 1 || err != nil {
			panic(err)
		}
		r.Close()
	}
}
GO
	env "${env[@]}" go run ${2:+-exec "$2"} "$logs/pipe.go" >/dev/null 2>&1
}

# run TARGET PLATFORM TAGS CC EXPECT
run() {
	local target=$1 platform=$2 tags=$3 cc=$4 expect=$5 runner= how=native sysroot=
	local arch=${platform#*/} log=$logs/$1.log
	local -a env=(GOOS="${platform%/*}" GOARCH="$arch" CGO_ENABLED=0 STACKALLOC_EXPECT="$expect") args=("${flags[@]}")
	[[ $tags != - ]] && args+=(-tags "$tags")
	if [[ $cc != - ]]; then
		[[ $cc == *,* ]] && sysroot=${cc#*,}
		cc=${cc%,*}
		native "$platform" && cc=gcc sysroot=
		command -v "$cc" >/dev/null || {
			local package=${cc%-gcc}
			[[ $cc == gcc ]] && absent "$target" gcc gcc || absent "$target" "$cc" "gcc-$package libc6-dev-${package/aarch64-linux-gnu/arm64}-cross"
			return
		}
		env+=(CGO_ENABLED=1 CC="$cc")
	fi
	if [[ $arch == wasm ]]; then
		command -v node >/dev/null || { absent "$target" node nodejs; return; }
		how="node $(node --version)"
		[[ $target == js ]] && runner=$(go env GOROOT)/lib/wasm/go_js_wasm_exec || runner="node --no-warnings $logs/wasip1.mjs"
	elif ! native "$platform"; then
		local qemu=$arch
		case $arch in
		arm64) qemu=aarch64 ;;
		loong64) qemu=loongarch64 ;;
		mips64le) qemu=mips64el ;;
		mipsle) qemu=mipsel ;;
		esac
		how=qemu-$qemu
		qemu=$(command -v "$how") || { absent "$target" "$how" qemu-user; return; }
		# No go command for tests that build programs: those would be for this target.
		runner="env PATH=/nonexistent $qemu ${sysroot:+-L $sysroot}"
	fi
	[[ -n $runner ]] && args+=(-exec "$runner")
	local begin=$SECONDS
	if env "${env[@]}" go test -v -vet=off -timeout 30m "${args[@]}" $packages >"$log" 2>&1 &&
		grep -q '^--- PASS: TestImplementationIsTheExpectedOne' "$log"; then
		line ok "$target" "$expect" "$how, $((SECONDS - begin)) s"
	elif ! runsGo "${env[@]}" -- "$runner"; then
		line miss "$target" "$expect" "$how: a program without the library fails there too"
		failed=1
	else
		line FAIL "$target" "$expect" "$how, $((SECONDS - begin)) s, $log"
		failures "$log" | head -60 | sed 's/^/      /'
		failed=1
	fi
}

# vet GOOS/GOARCH…
vet() {
	local platform log
	for platform; do
		log=$logs/vet-${platform/\//-}.log
		if GOOS=${platform%/*} GOARCH=${platform#*/} CGO_ENABLED=0 go vet ./... ./cmd/stackalloc/... >"$log" 2>&1 &&
			GOOS=${platform%/*} GOARCH=${platform#*/} CGO_ENABLED=0 go build ./... ./cmd/stackalloc/... >>"$log" 2>&1; then
			line ok vet "$platform" "vetted and built"
		else
			line FAIL vet "$platform" "$log"
			head -20 "$log" | sed 's/^/      /'
			failed=1
		fi
	done
}

cat >"$logs/wasip1.mjs" <<'JS'
import { readFile } from 'node:fs/promises';
import { WASI } from 'node:wasi';
const [file, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: 'preview1', args: [file, ...args], env: process.env, preopens: { '/': '/' }, returnOnExit: false });
const { instance } = await WebAssembly.instantiate(await readFile(file), wasi.getImportObject());
wasi.start(instance);
JS

for a; do
	case $a in
	-full) flags=("${flags[@]/-short/-count=1}") ;;
	-*)
		sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
		exit 2
		;;
	*) wanted+=("$a") ;;
	esac
done
[[ ${#wanted[@]} == 0 ]] && mapfile -t wanted < <(awk 'NF { print $1 }' <<<"$targets") && wanted+=(vet)

for w in "${wanted[@]}"; do
	case $w in
	vet)
		vet $vetted
		continue
		;;
	*/*)
		vet "$w"
		continue
		;;
	esac
	row=$(awk -v t="$w" '$1 == t' <<<"$targets")
	if [[ -z $row ]]; then
		line FAIL "$w" "" "unknown target; there are: $(awk 'NF { printf "%s ", $1 }' <<<"$targets")vet"
		failed=1
		continue
	fi
	read -r target platform tags cc expect <<<"$row"
	run "$target" "$platform" "$tags" "$cc" "$expect"
done
exit $failed
