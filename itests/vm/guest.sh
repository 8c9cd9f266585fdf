# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2013,SC2034,SC2154
# Sourced by run and qemu-run: the command line, what is handed to the guest, and what comes back.

usage() {
	cat >&2 <<-USAGE
		usage: ${0##*/} [--shared DIR]… [--env NAME]… [--timeout SECONDS] [--mem SIZE] [--cpu N] -- COMMAND…
		Runs COMMAND as root on a test kernel, in the caller's working directory and on the caller's
		files, which it sees but cannot change: only what it writes below a --shared DIR stays.
		Exit status: the command's; 124 after the timeout (default 600 s); 125 if the guest failed.
	USAGE
	exit 125
}

fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 125; }

# Sets shared[], env_names[], timeout, mem, cpu, command[].
parse_arguments() {
	shared=() env_names=(PATH HOME JAVA_HOME LANG) timeout=600 mem=4G cpu='' command=()
	while (($#)); do
		[[ $1 == -- ]] && { command=("${@:2}"); break; }
		[[ -n ${2:-} ]] || usage
		case $1 in
			--shared) shared+=("$(realpath -e -- "$2")") || fail "no folder $2" ;;
			--env) env_names+=("$2") ;;
			--timeout) timeout=$2 ;;
			--mem) mem=$2 ;;
			--cpu) cpu=$2 ;;
			*) usage ;;
		esac
		shift 2
	done
	((${#command[@]})) || usage
	[[ " ${shared[*]} " != *" / "* ]] || fail "sharing / would let the guest write anywhere"
	((EUID == 0)) || fail "must run as root: it mounts the host's files read-only"
	[[ -n $cpu ]] || pick_cpu
}

# The guest is fastest on one CPU, and parallel guests should not share one: takes the first CPU
# that no other guest holds, for as long as this shell lives.
pick_cpu() {
	local n
	mkdir -p /run/lock
	for n in $(allowed_cpus); do
		exec 8>"/run/lock/podlane-vm-cpu-$n"
		flock -n 8 && { cpu=$n; return; }
	done
	cpu=$n
}

allowed_cpus() {
	local range
	for range in $(awk '/^Cpus_allowed_list/ { gsub(",", " ", $2); print $2 }' /proc/self/status); do
		seq "${range%-*}" "${range#*-}"
	done
}

# Makes $exchange, the one folder that host and guest always share, and fills it for init.
# Its arguments are the guest's devices for standard output and standard error.
make_exchange() {
	local name
	exchange=$(mktemp -d "${TMPDIR:-/tmp}/podlane-vm.XXXXXX")
	trap 'rm -rf --one-file-system "$exchange"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	cp "$here/init" "$exchange/init"
	printf '%s\0' "${command[@]}" >"$exchange/command"
	printf '%s\0' "$@" >"$exchange/console"
	printf '%s\0' "$PWD" >"$exchange/cwd"
	((${#shared[@]} == 0)) || printf '%s\0' "${shared[@]}" >"$exchange/shared"
	for name in "${env_names[@]}"; do
		[[ -z ${!name+set} ]] || printf '%s=%s\0' "$name" "${!name}"
	done >"$exchange/env"
}

# boot IMAGE COMMAND…: runs COMMAND (the virtual machine; descriptors 3 and 4 are the guest command's
# standard output and error, 1 and 2 a log) on the read-only view of the host, pinned to $cpu, until
# it ends or $timeout passes. Then exits with the guest command's status.
# The whole tree of processes goes when this shell does, however it ends: the death signals end
# timeout and unshare, and with unshare its process namespace.
boot() {
	local ended=0 readers
	# A virtual machine makes its descriptors non-blocking: pipes keep the caller's out of that.
	mkfifo "$exchange/out" "$exchange/err"
	cat <"$exchange/out" &
	readers=$!
	cat <"$exchange/err" >&2 &
	readers+=" $!"
	setpriv --pdeathsig KILL \
		timeout --foreground --signal=KILL "$timeout" \
		setpriv --pdeathsig KILL \
		taskset -c "$cpu" \
		unshare --mount --pid --net --ipc --uts --fork --kill-child=KILL \
		"$here/host-root" "$exchange" "$@" \
		</dev/null >"$exchange/log" 2>&1 3>"$exchange/out" 4>"$exchange/err" 8>&- &
	wait $! || ended=$?
	# shellcheck disable=SC2086
	wait $readers
	[[ ! -s $exchange/status ]] || exit "$(<"$exchange/status")"
	if ((ended == 137)); then
		printf '%s: no end within %s s\n' "${0##*/}" "$timeout" >&2
		exit 124
	fi
	tail -n 40 "$exchange/log" >&2
	fail "the guest ended without running the command to its end; its log is above"
}
