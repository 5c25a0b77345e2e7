# The seal of a test run. Uses $in, $newline, $called (commands), $sealed_files and $sha256sum (the path of that program).
# shellcheck shell=sh disable=SC2154

# Prints a digest of the files and command paths that a test run depends on. Only for a command substitution: it changes the
# shell.
seal() {
  # A command may be elsewhere since the shell found it.
  hash -r
  {
    # A function of ours is not the command that a script means.
    for name in $called; do
      case $name in [0-9]* | *[!A-Za-z0-9_]*) ;; *) unset -f "$name" ;; esac
      command -v "$name"
    done
    set -- "$in"/*.patch
    set -f
    IFS=$newline
    # shellcheck disable=SC2086 # A list of paths, one a line.
    "$sha256sum" "$@" $sealed_files
  } 2>&1
}
