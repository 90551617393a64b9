# Completions of onezone-rest-cli for fish. Load them with
#   onezone-rest-cli --completion fish | source
# or write this text to ~/.config/fish/completions/onezone-rest-cli.fish.
# The program itself knows what may follow, so this file does not age.
function __onezone_rest_cli_proposals
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -l proposals ($program --complete fish $words[2..-1] "$current" 2>/dev/null)
    if test "$proposals[1]" = :files
        __fish_complete_path "$current"
    else
        printf '%s\n' $proposals
    end
end
complete -c onezone-rest-cli -f -a '(__onezone_rest_cli_proposals)'
