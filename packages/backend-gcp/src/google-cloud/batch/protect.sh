#!/bin/sh
# Keeps containers from the machine, its credentials and private addresses. A line before it sets $private_ranges.
# shellcheck disable=SC2154

# A task that runs again on the same machine finds the rules there.
rule() { iptables --check "$@" 2> /dev/null || iptables --insert "$@" || exit 1; }
rule INPUT --in-interface docker0 --jump REJECT
for range in $private_ranges; do
  rule DOCKER-USER --in-interface docker0 --destination "$range" --jump REJECT
done
# The server that gives credentials also answers names. Each rule goes before the others, so this exception comes last.
rule DOCKER-USER --in-interface docker0 --destination 169.254.169.254 --protocol udp --dport 53 --jump RETURN
