# Git that follows nobody else's settings.
# shellcheck shell=sh

# For a subshell: configuration, attributes and replaced objects of others take no part.
use_own_git() {
  export LC_ALL=C GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1 GIT_NO_REPLACE_OBJECTS=1 GIT_TERMINAL_PROMPT=0 GIT_CONFIG_COUNT=7
  export GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' GIT_CONFIG_KEY_1=core.hooksPath GIT_CONFIG_VALUE_1=/dev/null
  export GIT_CONFIG_KEY_2=core.autocrlf GIT_CONFIG_VALUE_2=false GIT_CONFIG_KEY_3=commit.gpgSign GIT_CONFIG_VALUE_3=false
  export GIT_CONFIG_KEY_4=core.fsmonitor GIT_CONFIG_VALUE_4=false GIT_CONFIG_KEY_5=maintenance.auto GIT_CONFIG_VALUE_5=false
  export GIT_CONFIG_KEY_6=gc.auto GIT_CONFIG_VALUE_6=0
  export GIT_AUTHOR_NAME=eval GIT_AUTHOR_EMAIL=eval@cooperbench.local GIT_COMMITTER_NAME=eval GIT_COMMITTER_EMAIL=eval@cooperbench.local
}
