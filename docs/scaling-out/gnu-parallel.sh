#!/usr/bin/env bash
# gnu-parallel.sh study.yaml hosts.txt: one part of the study for each host of a file with a name per line (":" is this
# machine). All of them see the current folder under the same path.
set -euo pipefail

study=${1:?the file of the study}
hosts=${2:?a file with a host per line}
out=${3:-runs}
count=$(grep -c . "$hosts")
seq "$count" | parallel --jobs 1 --sshloginfile "$hosts" --workdir "$PWD" --line-buffer --tag \
  kvt study run "$study" --out "$out" --shard "{}/$count"
