#compdef ringflow
# Completion of ringflow for zsh, printed by `ringflow completion zsh`. What can stand
# next, the program says itself.
_ringflow() {
	local line
	local -a found
	for line in "${(@f)$(${(Q)words[1]} complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
		case $line in
		'') ;;
		:files) _files ;;
		:folders) _files -/ ;;
		*$'\t'*) found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
		*) found+=("${line//:/\\:}") ;;
		esac
	done
	(( $#found )) && _describe ringflow found
}
if [ "$funcstack[1]" = _ringflow ]; then
	_ringflow "$@"
else
	compdef _ringflow ringflow
fi
