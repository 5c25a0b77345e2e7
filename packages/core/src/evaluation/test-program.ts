/**
 * The functions of the evaluation program that run tests. A runner gets the image's own environment. Between two runs,
 * the repository returns to its base, and the files that were hashed before the first run must be unchanged.
 */
export const testProgram: string = `
in_repo() (
  use_own_git
  cd "$repo" && "$@"
)

# Before the first run: what git does not ignore goes, and the rest of what the image has outside of git is to be kept.
first_return() {
  in_repo "$git" checkout -q -f --detach "$root" && in_repo "$git" clean -ffdq || return
  [ "$features" != "$feature" ] || return 0
  kept=$(in_repo "$git" ls-files --others --directory | while IFS= read -r path; do glob_of "$path"; printf '%s\\n' "--exclude=/$glob"; done)
  find_scripts
  sealed=$(seal)
}

# New files go first, ignored ones too: attributes and ignore rules among them must not decide what returns.
later_return() {
  if [ "$(seal)" != "$sealed" ]; then ruined='tests were tampered with'; return 1; fi
  (set -f; IFS=$newline; in_repo "$git" clean -ffdxq $kept) && in_repo "$git" checkout -q -f --detach "$root" && in_repo "$git" reset -q --hard
}

# What a run depends on: the runner, scripts beside it, and what these call. Sets $sealed_files and $called.
find_scripts() {
  sealed_files='' called=''
  set -- "$runner" "\${runner%/*}"/*.sh
  set -f
  while [ $# -gt 0 ]; do
    file=$1
    shift
    case "$newline$sealed_files" in *"$newline$file$newline"*) continue ;; esac
    # Not the large ones, which are interpreters and the like.
    [ -f "$file" ] && [ -r "$file" ] && [ "$(wc -c < "$file")" -le 1048576 ] || continue
    sealed_files=$sealed_files$file$newline
    read -r start < "$file"
    case $file$start in *.sh* | *'#!'*) ;; *) continue ;; esac
    spaces=$IFS
    IFS="$newline$tab \\"'\\\`\\$(){}[]<>|&;=,:"
    for word in $(cat "$file"); do
      case $word in
        "$repo" | "$repo"/*) ;;
        /*) if [ -x "$word" ] || [ "$word" != "\${word%.sh}" ]; then set -- "$@" "$word"; fi ;;
        *[!A-Za-z0-9_.+-]* | -*) ;;
        # What is there only after a run was installed by it.
        *) ! command -v "$word" > /dev/null || called="$called $word" ;;
      esac
    done
    IFS=$spaces
  done
  set +f
}

# A word for the content of all that, and for where the commands are that it names.
seal() (
  hash -r
  {
    for name in $called; do command -v "$name"; done
    set -- "$in"/*.patch
    set -f
    IFS=$newline
    "$sha256sum" "$@" $sealed_files
  } 2>&1
)

# Sets $clock to the seconds since the machine started.
read_clock() { IFS=. read -r clock rest < /proc/uptime; }

run() {
  feature=$1 ruined='repository was ruined'
  if ! $return 2> "$out/$feature.output"; then say ruined "$feature" "the $ruined by an earlier test run"; return; fi
  return=later_return
  if [ -e "$in/run_tests.sh" ]; then set -- sh "$runner" "$repo" "$in/tests-$feature.patch"; dir=$in/; else set -- "$runner" "tests-$feature.patch"; dir=; fi
  # Runners take the second patch as optional; an empty one is not a patch to git.
  [ ! -s "$in/merged.patch" ] || set -- "$@" "\${dir}merged.patch"
  read_clock
  started=$clock
  # One file may have 2 GiB: what tests print must not fill the disk.
  (cd "$repo" && ulimit -f 4194304 && exec "$timeout" -k 10 "$limit" "$@") > "$out/$feature.output" 2>&1 < /dev/null 3>&-
  code=$?
  read_clock
  say run "$feature" $code $((clock - started))
}

run_tests() {
  # By absolute path: a test run may leave a command of the same name earlier in PATH.
  for tool in git sha256sum timeout; do eval "$tool=\\$(command -v $tool)"; done
  clock=0 return=first_return
  for feature in $features; do run "$feature"; done
}
`;
