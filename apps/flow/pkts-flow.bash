# SPDX-License-Identifier: Apache-2.0 OR MIT
# bash completion for pkts-flow

_pkts_flow()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local options='-r --read -i --interface -p --no-promiscuous -s --snaplen -c --count --table
		--json --ipfix --top --ip-bytes --streams --sctp --max-messages --datagrams --strict
		--all-bytes --tcp-policy --ip-policy --separate-tenants --verify-checksums --min-ttl --timeout-tcp-new
		--timeout-tcp --timeout-tcp-closing --timeout-tcp-closed --timeout-udp-new
		--timeout-udp --timeout-icmp --timeout-sctp --timeout-other --timeout-active --max-sessions
		--max-per-source --max-new-per-source --max-streams --mem --eal -q --quiet -h --help
		-V --version'
	local filter='host net port portrange src dst and or not ether ip ip6 arp tcp udp icmp icmp6
		sctp vlan mpls'

	case $before in
	-r | --read)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		;;
	--streams)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		;;
	-i | --interface)
		mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/class/net 2>/dev/null)" -- "$word")
		;;
	--tcp-policy)
		mapfile -t COMPREPLY < <(compgen -W 'first last bsd windows win2k3 vista macos irix
			hpux10 hpux11 linux old-linux solaris' -- "$word")
		;;
	--ip-policy)
		mapfile -t COMPREPLY < <(compgen -W 'rfc8200 drop first last bsd bsd-right linux windows
			solaris' -- "$word")
		;;
	--ipfix)
		compopt -o nospace
		mapfile -t COMPREPLY < <(compgen -W 'udp: tcp:' -- "$word")
		;;
	-s | --snaplen | -c | --count | --max-* | --min-ttl | --timeout-* | --mem | --eal)
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
} && complete -F _pkts_flow pkts-flow
