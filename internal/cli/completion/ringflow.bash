# Completion of ringflow for bash, printed by `ringflow completion bash`. What can
# stand next, the program says itself.
_ringflow() {
	local current=${COMP_WORDS[COMP_CWORD]} line paths
	COMPREPLY=()
	while IFS= read -r line; do
		case $line in
		:files) paths=-f ;;
		:folders) paths=-d ;;
		*)
			printf -v line %q "${line%%$'\t'*}" # the shell reads what is inserted
			COMPREPLY+=("$line")
			;;
		esac
	done < <("${COMP_WORDS[0]/#\~/$HOME}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
	if [[ -n $paths ]]; then
		compopt -o filenames 2>/dev/null
		while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$paths" -- "$current")
	fi
}
complete -F _ringflow ringflow
