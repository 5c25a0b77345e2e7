# Applies the patch of one seat in the scratch repository, and takes note of a git that fails.
#
# Git works in a scratch repository that borrows the objects of the image's repository and nothing else: no configuration,
# hooks, drivers or replaced objects. Its own attributes take precedence over those of every tree. Its work tree is empty.
# The program learns what a patch changes by comparing trees, never from the text of the patch.
#
# Every process costs a millisecond or more in each of thousands of sandboxes. So the shell itself writes the repository's
# few files, whose format git documents (gitrepository-layout). Uses $in, $root, $objects, $scratch, $tab, and what rules.sh sets.
# Lists are split into words on purpose.
# shellcheck shell=sh disable=SC2154,SC2034,SC2086,SC3045

# Runs what handles content of agents. Past a limit it fails, which counts against the patch: binary patches inflate.
bounded() (
  # Two minutes of a processor's time, whatever else the machine does, 4 GiB of memory where the shell can limit it, 2 GiB a file.
  { ulimit -S -t 120; ulimit -H -t 125; } 2> /dev/null
  ulimit -v 4194304 2> /dev/null
  ulimit -f 4194304
  exec "$@"
)

# Removes what a git that the kernel killed has left. Every later step would fail.
unlock() {
  for lock in .git/index.lock .git/HEAD.lock; do [ ! -e $lock ] || rm -f $lock; done
}

# The whole lines of at most a megabyte of a list of paths: a patch may have millions, and long ones.
some() { head -n 10000 | head -c 1000000; }

# Creates the scratch repository. The image's commit is its only history.
make_scratch() {
  cd "$scratch/tree" || return
  printf '%s\n' "$objects" > .git/objects/info/alternates && echo "$root" > .git/HEAD && echo "$root" > .git/shallow
}

# Runs before each merge, because a policy may have added attributes.
reset_attributes() {
  echo '* !text !crlf !eol !ident !filter !working-tree-encoding !diff !merge !conflict-marker-size !whitespace' > .git/info/attributes
}

# Applies $patch to the index, in one of three ways: agents write wrong line counts.
apply_patch() {
  for how in --cached '--cached --3way' '--cached --recount'; do
    unlock
    git read-tree "$root" || return
    bounded git apply --whitespace=nowarn $how "$@" "$patch" > /dev/null 2>> "$scratch/log" && return
    note_exit $?
  done
  return 1
}

# The same without the files that a rule drops by their name: one of these may be what does not apply. Not when these have
# more than 64 KiB of names, which would take the shell too long.
apply_allowed() {
  unlock
  git read-tree --empty
  { bounded git apply --numstat "$patch" || bounded git apply --recount --numstat "$patch"; } 2> /dev/null | some | while IFS=$tab read -r added deleted path; do
    printf '100644 %s\t%s\n' "$root" "$path"
  done | git update-index --replace --index-info 2> /dev/null && names=$(git write-tree --missing-ok) && nothing=$(git mktree < /dev/null) || return
  with "$any" git diff-tree -r --name-only "$nothing" "$names" > "$scratch/names"
  [ -s "$scratch/names" ] && [ "$(wc -c < "$scratch/names")" -le 65536 ] || return
  set --
  while IFS= read -r path; do glob_of "$path"; set -- "$@" "--exclude=$glob"; done < "$scratch/names"
  apply_patch "$@" && say_dropped "$nothing" "$names"
}

# Takes note that git could not do what patches ask for. A probe of the machine then decides whether the patches are to blame.
# The kernel may have killed git, or git may say that something ran out, when the machine has recovered. Patches that inflate
# lead to the same, so the host repeats the job once.
doubt_machine() {
  doubt=yes
  case $killed$(head -c 65536 "$scratch/log" 2> /dev/null) in
    killed* | *'No space left'* | *'quota exceeded'* | *'annot allocate memory'* | *'ut of memory'* | *'temporarily unavailable'* | *'Too many open files'* | *'Input/output error'* | *'Read-only file system'*) say exhausted ;;
  esac
}

# Takes note of the exit code of a git that failed. 152 and 153: it passed its own limit of time or of file size.
note_exit() {
  case $1 in 152 | 153) ;; 129 | 1[3-9]?) killed=killed ;; esac
}

# Makes the branch of a seat, and sets $status.
make_branch() {
  seat=$1 patch=$in/$1.patch status=skipped commit=$root dropped='' killed=''
  : > "$scratch/log"
  if [ -s "$patch" ]; then
    status=failed in_index=
    echo "$root" > .git/HEAD
    if { apply_patch || apply_allowed; } && undo_forbidden; then
      # The tree of a single patch stays in the index.
      [ "$seats" = "$seat" ] || git commit -q --allow-empty --no-verify -m "$seat" || give_up "cannot commit $seat"
      read -r commit < .git/HEAD
      status=applied in_index=$commit
      if [ -n "$dropped" ] && git diff-index --cached --quiet "$root"; then status=skipped; fi
    else
      check_rules
      doubt_machine
    fi
  fi
  echo "$commit" > ".git/refs/heads/eval/$seat"
}
