#!/bin/bash
# Manual page and completion name every command and option that --help names.
# usage: options.sh ASSAY ROOT
set -euo pipefail
assay=$1 man=$2/scanner/man/assay.1 completion=$2/scanner/completion/assay.bash
bad=0

missing() { echo "$1: $2 is missing"; bad=1; }

# shellcheck disable=SC1090
. "$completion"
complete_words() { # word...: what is offered for the last one
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_assay
	printf '%s\n' "${COMPREPLY[@]}"
}

while read -r command; do
	grep -qE "^\.Cm $command( |\$)" "$man" || missing "$man" "$command"
	grep -qx -- "$command" < <(complete_words assay "") ||
		missing "$completion" "$command"
	for option in $("$assay" "$command" --help | grep -oE -- '(^| )--[a-z][a-z-]+' | sort -u); do
		[ "$option" = --help ] && continue
		grep -qE -- "(Fl |, |\| )-?${option#-}( |\$)" "$man" ||
			missing "$man" "$command $option"
		case $command in scan | extract | report | list | functions | disasm | graph) ;; *) continue ;; esac
		grep -qx -- "$option" < <(complete_words assay "$command" --) ||
			missing "$completion" "$command $option"
	done
done < <("$assay" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p')
exit $bad
