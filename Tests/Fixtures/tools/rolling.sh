#!/bin/sh
# As operators script it with socat: takes one server after another out, looks, and puts it back. rolling.sh SOCKET POOL SERVER...
# Prints for each server its administrative state (field 7 of `show servers state`) while it is out and after.
set -eu
socket=$1 pool=$2
shift 2
ask() { echo "$1" | socat -t 10 - "UNIX-CONNECT:$socket"; }
state() { ask "show servers state $pool" | awk -v name="$1" '$4 == name { print $7 }'; }
for server in "$@"; do
    [ -z "$(ask "disable server $pool/$server")" ]
    out=$(state "$server")
    [ -z "$(ask "enable server $pool/$server")" ]
    echo "$server $out $(state "$server")"
done
