#compdef onezone-rest-cli
# Completions of onezone-rest-cli for zsh. Load them, after compinit, with
#   source <(onezone-rest-cli --completion zsh)
# or write this text to a file _onezone-rest-cli in a folder of $fpath.
# The program itself knows what may follow, so this file does not age.
_onezone_rest_cli() {
  local -a lines open closed
  local line text about program=${(Q)words[1]}
  [[ $program == '~/'* ]] && program=$HOME/${program#'~/'}
  lines=("${(@f)$("$program" --complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  if [[ $lines[1] == ':files' ]]; then
    _files
    return
  fi
  for line in $lines; do
    text=${line%%$'\t'*}
    about=${line#*$'\t'}
    if [[ $text == *[=:] ]]; then
      open+=("${text//:/\\:}:$about")
    else
      closed+=("${text//:/\\:}:$about")
    fi
  done
  local found=1
  (( $#open )) && _describe -t parameters parameter open -S '' && found=0
  (( $#closed )) && _describe -t words word closed && found=0
  return found
}
if [[ $funcstack[1] == _onezone-rest-cli ]]; then
  _onezone_rest_cli "$@"
else
  compdef _onezone_rest_cli onezone-rest-cli
fi
