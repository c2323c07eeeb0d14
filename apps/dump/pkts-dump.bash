# SPDX-License-Identifier: Apache-2.0 OR MIT
# bash completion for pkts-dump

_pkts_dump()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local options='-r --read -i --interface -D --interfaces -p --no-promiscuous -s --snaplen
		-c --count --show --hex --json --stats -w --write --defrag --ip-policy --min-ttl -K --no-checksums --eal -q --quiet
		-h --help -V --version'
	local filter='host net port portrange src dst and or not ether ip ip6 arp tcp udp icmp icmp6
		sctp vlan mpls'

	case $before in
	-r | --read | -w | --write)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		;;
	-i | --interface)
		mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/class/net 2>/dev/null)" -- "$word")
		;;
	--ip-policy)
		mapfile -t COMPREPLY < <(compgen -W 'rfc8200 drop first last bsd bsd-right linux windows
			solaris' -- "$word")
		;;
	-s | --snaplen | -c | --count | --min-ttl | --eal)
		COMPREPLY=()
		;;
	*)
		if [[ $word == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
		else
			mapfile -t COMPREPLY < <(compgen -W "$filter" -- "$word")
		fi
		;;
	esac
} && complete -F _pkts_dump pkts-dump
