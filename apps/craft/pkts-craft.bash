# SPDX-License-Identifier: Apache-2.0 OR MIT
# bash completion for pkts-craft

_pkts_craft()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local options='-f --file --from -c --count --seed --show --hex --json --text --c -w --write
		-i --interface --list --eal -q --quiet -h --help -V --version'

	case $before in
	-f | --file | --from | -w | --write)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		;;
	-i | --interface)
		mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/class/net 2>/dev/null)" -- "$word")
		;;
	--list)
		mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" --list 2>/dev/null |
			sed -n '/^$/q;s/ .*//p')" -- "$word")
		;;
	-c | --count | --seed | --eal)
		COMPREPLY=()
		;;
	*)
		if [[ $word == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
		fi
		;;
	esac
} && complete -F _pkts_craft pkts-craft
