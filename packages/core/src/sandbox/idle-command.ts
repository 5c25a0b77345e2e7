/**
 * The first process of a container, for providers that end a container with its first process. It only reaps. It starts
 * `sleep` again when something ends it, and exits when the image has no `sleep`.
 */
export const idleCommand: readonly string[] = [
  '/bin/sh',
  '-c',
  'while :; do sleep 2147483647 & wait $!; case $? in 126 | 127) exit 1 ;; esac; done',
];
