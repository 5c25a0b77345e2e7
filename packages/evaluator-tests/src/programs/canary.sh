# The canary: tests that must fail, among the hidden ones. Runs in the scratch repository. Uses $in, $out, $root, $scratch, $tab,
# $spaces, $newline and $canary, the number of a feature.
# Lists are split into words on purpose.
# shellcheck shell=sh disable=SC2154,SC2034,SC2086,SC1091,SC2254

# Sets $canary_tokens if an earlier job made the patch of the canary for this base: $in/canary then has it, with other words.
find_made_canary() {
  canary_tokens=
  [ -s "$in/canary" ] || return 0
  read -r base tokens < "$in/canary"
  [ "$base" != "$root" ] || canary_tokens=$tokens
}

# Leaves in $out/canary.patch the tests of the feature $canary, with tests that must fail at the end of one of their files, and
# says which. $kinds, which the file `canaries` sets, has
# lines PATTERNS|NEEDLE|TOKENS|CODE. The first that matches the file's name and content counts.
make_canary() {
  if [ -n "$canary_tokens" ]; then say canary "$canary" "$canary_tokens"; return; fi
  unlock
  git read-tree "$root" && git apply --cached --whitespace=nowarn "$in/tests-$canary.patch" 2> /dev/null || return 0
  git diff-index --cached --no-renames --no-abbrev --diff-filter=AM "$root" > "$scratch/changed"
  . "$in/canaries"
  while IFS=$tab read -r change path; do
    set -- $change
    case $2 in 10*) ;; *) continue ;; esac
    # Some shells warn about NUL bytes, which they leave out.
    { git cat-file blob "$4" > "$scratch/tests" && content=$(cat "$scratch/tests"); } 2> /dev/null || continue
    [ ${#content} -le 262144 ] || continue
    find_canary || continue
    printf '\n%b' "$code" >> "$scratch/tests" && blob=$(git hash-object -w "$scratch/tests") &&
      printf '%s %s\t%s\n' "$2" "$blob" "$path" | git update-index --index-info &&
      git diff --cached --binary --full-index --no-color --no-ext-diff --no-textconv --no-renames "$root" > "$out/canary.patch" &&
      say canary "$canary" "$tokens"
    return 0
  done < "$scratch/changed"
}

# Sets $tokens and $code to those of the first line of $kinds that fits $path and $content.
find_canary() {
  set -f
  IFS=$newline
  for kind in $kinds; do
    IFS='|'
    set -- $kind
    IFS=$spaces
    for pattern in $1; do
      case ${path##*/} in $pattern) ;; *) continue ;; esac
      case $content in *"$2"*) tokens=$3 code=${kind#*|*|*|}; set +f; return 0 ;; esac
    done
  done
  set +f
  return 1
}
