# Completions of onezone-rest-cli for bash. Load them with
#   source <(onezone-rest-cli --completion bash)
# or write this text to ~/.local/share/bash-completion/completions/onezone-rest-cli.
# The program itself knows what may follow, so this file does not age.
_onezone_rest_cli() {
  local program=$1 line
  case $program in '~/'*) program=$HOME/${program#'~/'} ;; esac
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = :files ]; then
      compopt -o default +o nospace 2>/dev/null
      return
    fi
    COMPREPLY+=("$line")
  done < <("$program" --complete bash "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)
}
complete -o nospace -F _onezone_rest_cli onezone-rest-cli
