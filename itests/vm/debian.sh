# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by build-kernel and fetch-kernel: packages of Debian's trixie and trixie-backports
# for a machine that runs another suite. Nothing is installed and the machine's own sources stay
# as they are; the package lists live in the cache.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/podlane
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }

# need TOOL=PACKAGE…: says which Debian packages are missing.
need() {
	local pair missing=()
	for pair; do
		[[ -e ${pair%%=*} ]] || command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
	done
	((${#missing[@]} == 0)) || die "missing; run: apt-get install ${missing[*]}"
}

private_apt() {
	local tool=$1; shift
	"$tool" -o Dir::Etc::sourcelist="$cache/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::Lists="$cache/apt/lists" -o Dir::Cache="$cache/apt/cache" \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o APT::Default-Release= -o APT::Sandbox::User=root -o Acquire::Retries=3 "$@"
}

# Fetches the lists; a keyring too old to know trixie fails here, with apt's own message.
update_lists() {
	mkdir -p "$cache/apt/lists/partial" "$cache/apt/cache/archives/partial"
	local suite lock
	exec {lock}>"$cache/apt/lock"
	flock "$lock"
	for suite in trixie trixie-backports; do
		echo "deb [signed-by=$keyring] http://deb.debian.org/debian $suite main"
	done >"$cache/apt/sources.list"
	private_apt apt-get -qq --error-on=any update >&2 ||
		die "cannot fetch trixie's package lists; if its key is unknown: apt-get install debian-archive-keyring"
	exec {lock}>&-
}

# newest_package REGEX WANTED…: "NAME VERSION" of the first of the WANTED packages that is offered,
# else of the highest version among the names that match.
newest_package() {
	local regex=$1 name version; shift
	for name in "$@" $(private_apt apt-cache search --names-only "$regex" | cut -d' ' -f1 | sort -rV); do
		version=$(private_apt apt-cache madison "$name" | awk '{ print $3 }' | sort -rV | sed -n 1p)
		[[ -n $version ]] && { echo "$name $version"; return; }
	done
	die "trixie and trixie-backports offer no package like $regex"
}

# download NAME VERSION DIR: the package's file in DIR.
download() { (cd "$3" && private_apt apt-get -qq download "$1=$2" >&2); }
