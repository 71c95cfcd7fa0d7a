# bash completion for assay

_assay() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local command=${COMP_WORDS[1]} words=
	local shared='--jobs --rules --no-rules --hashes --tmp-dir --no-sandbox
		--max-depth --max-objects --max-findings --max-crashes
		--max-job-bytes --max-total-bytes --max-ratio --max-memory
		--job-seconds --job-cpu-seconds --deadline -j -q --help'

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		words='scan extract report rules functions disasm graph explain train list --help --version'
	elif [[ $prev == --fail-on ]]; then
		words='info low medium high critical'
	elif [[ ($command == scan || $command == report) && ($prev == -f || $prev == --format) ]]; then
		words='text json'
	elif [[ ($command == report || $command == train) && ($prev == -o || $prev == --output) ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		compopt -o filenames 2>/dev/null
		return
	elif [[ $prev == --rules || $prev == --tmp-dir || $prev == --examples ||
		$prev == -o || $prev == --output ]]; then
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		compopt -o filenames 2>/dev/null
		return
	elif [[ $prev == --max-* || $prev == --least || $prev == --job-* || $prev == --jobs ||
		$prev == -j || $prev == --deadline ]]; then
		return
	else
		case $command in
		scan)
			words="--format --verbose --fail-on --reproducible
				--reveal -f -v $shared" ;;
		extract) words="--output -o $shared" ;;
		train) words="--output --least -o $shared" ;;
		report)
			words='--format --output --verbose --reproducible
				-f -o -v --help' ;;
		functions) words='--all --json --tmp-dir --no-sandbox -q --help' ;;
		disasm) words='--tmp-dir --no-sandbox -q --help' ;;
		graph) words='--svg --tmp-dir --no-sandbox -q --help' ;;
		list) words='formats analyzers kinds --markdown --help' ;;
		explain)
			words="--help $(command "${COMP_WORDS[0]}" list kinds \
				2>/dev/null | cut -d' ' -f1)" ;;
		rules)
			if [ "$COMP_CWORD" -eq 2 ]; then
				words='check test bench compile --help'
			elif [[ ${COMP_WORDS[2]} == bench && $cur == -* ]]; then
				words='--data --top --max-looks'
			else
				mapfile -t COMPREPLY < <(compgen -f -- "$cur")
				compopt -o filenames 2>/dev/null
				return
			fi ;;
		esac
		if [[ $cur != -* && $command =~ ^(scan|extract|report|train|functions|disasm|graph)$ ]]; then
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			compopt -o filenames 2>/dev/null
			return
		fi
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _assay assay
