#!/bin/sh
# What a machine runs as root when it first starts. Lets commands outlive their connections. Keeps sandboxes from the machine itself, from all private addresses and from
# the machine's metadata, which may hold the tokens of its account. Then publishes its host key, which says that it is ready.
#
# Lines before it set:
# ssh_port: where the machine's SSH server listens
# private_ranges: addresses that no sandbox may reach
# name_server: the provider's name server if its address is private, or nothing
# logind_folder: for tests, instead of systemd's folder
# publish: a function that tells the provider $host_key, the type and Base64 of the key
# shellcheck disable=SC2154

set -eu
PATH=$PATH:/usr/sbin

# Prints the key that the SSH server shows. Images keep it in different places, and may have keys that the server does not use.
read_host_key() {
  if command -v ssh-keyscan > /dev/null; then
    ssh-keyscan -p "$ssh_port" -t ed25519 127.0.0.1 | cut -d ' ' -f 2,3
  else
    cut -d ' ' -f 1,2 "$(sshd -T | sed -n 's/^hostkey \(.*ed25519.*\)$/\1/p').pub"
  fi
}

# With this setting, systemd ends a user's commands with the connection that started them. They must outlive it.
if loginctl show-session --property=KillUserProcesses 2> /dev/null | grep -q '=yes$'; then
  folder=${logind_folder:-/run/systemd/logind.conf.d}
  mkdir -p "$folder"
  printf '[Login]\nKillUserProcesses=no\n' > "$folder/cooperbench.conf"
  systemctl restart systemd-logind
fi

# Docker makes the chain DOCKER-USER when it starts.
until docker info > /dev/null 2>&1; do sleep 1; done
iptables -I INPUT -i docker0 -j DROP
for range in $private_ranges; do
  iptables -I DOCKER-USER -i docker0 -d "$range" -j DROP
done
# Each rule goes before the others, so this exception comes last.
if [ -n "$name_server" ]; then
  for protocol in udp tcp; do
    iptables -I DOCKER-USER -i docker0 -d "$name_server" -p $protocol --dport 53 -j RETURN
  done
fi
until host_key=$(read_host_key 2> /dev/null) && [ -n "$host_key" ]; do sleep 1; done
publish
