#!/bin/sh
# The load of this machine every second: sender.sh HOST PORT DEVICE [COUNT]. JSON: nothing is asked for again. The epoch is in DEVICE.epoch.
: "${3:?sender.sh HOST PORT DEVICE [COUNT]}"; e=$(($(cat "$3.epoch" 2>/dev/null || echo 0) + 1)); echo $e >"$3.epoch" || exit; n=0; while [ $n -lt "${4:-60}" ]; do echo "{\"device\":\"$3\",\"epoch\":$e,\"seq\":$n,\"values\":{\"load\":$(cut -d' ' -f1 /proc/loadavg)}}" | nc -u -w1 "$1" "$2" & n=$((n + 1)); sleep 1; done; echo "{\"device\":\"$3\",\"epoch\":$e,\"next\":$n,\"end\":true}" | nc -u -w1 "$1" "$2"
