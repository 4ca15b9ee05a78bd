#!/usr/bin/env bash
# Makes a module proxy of the commit that is checked out, with the library and the command
# at one version, so that go get and go install can be tried before a release.
#
#	scripts/proxy.sh FOLDER [VERSION]
#
# and then, in any module:
#
#	GOPROXY=file://FOLDER,https://proxy.golang.org GONOSUMDB=github.com/stackalloc go get github.com/stackalloc/stackalloc@VERSION
set -euo pipefail
[[ $# -ge 1 && $1 == /* ]] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | head -n -1; exit 2; }
folder=$1 version=${2:-v0.1.0}
cd "$(dirname "$0")/.."

# add MODULE SUBFOLDER: what a proxy serves of a module. Modules below it are not part of it.
add() {
	local module=$1 sub=$2 at=$folder/$1/@v nested
	local -a without=()
	while read -r nested; do
		nested=${nested%/go.mod}
		[[ $nested == "$sub" ]] || without+=(":(exclude)$nested")
	done < <(git ls-files 'go.mod' '*/go.mod' | grep "^${sub:+$sub/}" | grep -vx "${sub:+$sub/}go.mod")
	mkdir -p "$at"
	git show "HEAD:${sub:+$sub/}go.mod" >"$at/$version.mod"
	printf '{"Version":"%s"}\n' "$version" >"$at/$version.info"
	echo "$version" >"$at/list"
	# A zip's paths begin with the module's, not with the folder in the repository.
	git archive --format=zip --prefix="$module@$version/" -o "$at/$version.zip" "HEAD${sub:+:$sub}" -- . \
		"${without[@]/"(exclude)${sub:+$sub/}"/(exclude)}"
}

add github.com/stackalloc/stackalloc ''
add github.com/stackalloc/stackalloc/cmd/stackalloc cmd/stackalloc
