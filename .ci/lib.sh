# What the scripts of this folder share; sourced by them, never run.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# A go.work of the developer's own would hide what a module's go.mod lacks.
export GOWORK=off
# In a checkout that belongs to another user git refuses to answer, and every
# build of a program would fail for want of a revision to stamp into it.
GOFLAGS="$(go env GOFLAGS 2>/dev/null || true) -buildvcs=false"
export GOFLAGS

# modules prints the folder of every module of the checkout, one a line.
modules() {
	find . \( -path ./.git -o -path ./.build \) -prune -o -name go.mod -print | sed 's|/go\.mod$||' | sort
}

# code_modules leaves out the module of the tools: it holds no package.
code_modules() {
	modules | grep -vx './\.ci/tools'
}

# packages prints the patterns that name every package of the module in the
# current folder. "./..." passes over what is below a folder named testdata.
packages() {
	echo ./...
	if [ "$PWD" = "$root" ]; then
		find ./testdata -name '*.go' -exec dirname {} \; | sort -u
	fi
}

# in_each runs a command in the folder of each code module.
in_each() {
	local dirs dir
	dirs=$(code_modules)
	for dir in $dirs; do
		(
			cd "$dir"
			echo "module $dir"
			"$@"
		)
	done
}

# debian SECONDS PROGRAM PACKAGE... installs Debian's packages where the program is
# missing. Where it may not, or they are not reached in time, it does nothing but say
# so: who needs the program says what that means.
debian() {
	local seconds=$1 program=$2
	shift 2
	if command -v "$program" >/dev/null; then
		return
	fi
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo "no $program (Debian, Ubuntu: apt-get install $*)"
		return
	fi
	echo "no $program: installing $*"
	if ! timeout 60 apt-get update -qq ||
		! DEBIAN_FRONTEND=noninteractive timeout "$seconds" apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null; then
		echo "not installed: $*"
	fi
}

current=
trap 'status=$?; if [ "$status" != 0 ] && [ -n "$current" ]; then echo "FAIL: $current (exit $status)" >&2; fi' EXIT

# stage NAME COMMAND... prints a header, runs the command, prints the seconds.
stage() {
	local started=$SECONDS
	current=$1
	shift
	printf '\n=== %s\n' "$current"
	"$@"
	printf -- '--- %s: %d s\n' "$current" $((SECONDS - started))
	current=
}
