#!/usr/bin/env bash
# Prints, in one run on one machine, what clickscope costs beside programs that everybody knows, as ratios.
# Needs jq, curl, bash, GNU time and a release build's worth of patience.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

cargo build --release --quiet
# Benchmarks put a build of their own, with symbols, in the same place: weigh it now.
stat -c %s "${CARGO_TARGET_DIR:-target}/release/clickscope" >"$folder/size"
SIDE_BY_SIDE=$folder cargo bench --quiet --bench decode >"$folder/ours"
cargo bench --quiet --bench program >"$folder/program"

# The CPU time of jq on the same body: the median of seven runs.
TIMEFORMAT='%U %S'
for _ in 1 2 3 4 5 6 7; do
  { time jq -c . "$folder/body.json" >/dev/null; } 2>&1 | awk '{ print $1 + $2 }'
done | sort -n | sed -n 4p >"$folder/jq"

figure() { awk -v name="$1" '$1 == name { print $2 }' "$folder/ours" "$folder/program"; }
jq_seconds=$(cat "$folder/jq")

printf '%-52s %s\n' "a poll of $(stat -c %s "$folder/body.json") bytes, 5,000 types, CPU time:" "jq -c . takes $jq_seconds s"
for case in unchanged:50 one_percent_changed:12 all_changed:3; do
  awk -v name="${case%:*}" -v budget="${case#*:}" -v jq="$jq_seconds" -v ours="$(figure "${case%:*}")" 'BEGIN {
    printf "  %-50s 1/%.0f of jq  (%.1f ms, budget 1/%d)\n", name, jq / ours, ours * 1000, budget }'
done
awk -v ours="$(figure start_ms)" -v echo="$(figure start_of_echo_ms)" 'BEGIN {
  printf "%-52s %.1f ms above echo  (%.1f ms, budget 10 ms above)\n", "start to first painted frame:", ours - echo, ours }'
awk -v idle="$(figure idle_percent_of_a_core)" 'BEGIN {
  printf "%-52s %.2f %% of a core  (budget 0.3 %%)\n", "watching 100 unchanged types every 2 s:", idle }'
awk -v ours="$(figure intake_a_second)" -v plain="$(figure intake_of_a_plain_route_a_second)" 'BEGIN {
  printf "%-52s %.2f of a plain axum route  (%d a second, budget 0.9)\n", "collector intake, one event a request:", ours / plain, ours }'
awk -v ours="$(figure intake_with_screen_a_second)" -v plain="$(figure intake_of_a_plain_route_beside_it_a_second)" 'BEGIN {
  printf "%-52s %.2f of a plain axum route  (%d a second, budget 0.6)\n", "the same with its screen:", ours / plain, ours }'
awk -v ms="$(figure ten_thousand_in_ten_seconds_on_screen_after_ms)" 'BEGIN {
  printf "%-52s %.0f ms after the last  (budget 50 ms)\n", "10,000 requests in 10 s, all on the screen:", ms }'
awk '{ printf "%-52s %.1f MB  (budget 8 MB)\n", "release binary:", $1 / 1e6 }' "$folder/size"

# Sending: 100,000 events from NDJSON into the sandbox, beside one curl a call with the same bodies.
program=${CARGO_TARGET_DIR:-target}/release/clickscope
"$program" sandbox --listen 127.0.0.1:0 >"$folder/sandbox" &
sandbox=$!
trap 'kill $sandbox; rm -r "$folder"' EXIT
until [[ -s $folder/sandbox ]]; do :; done
url=$(cat "$folder/sandbox")
export CLICKSCOPE_EVENT_KEY=any
events() {
  awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "{\"event\":\"purchase\",\"email\":\"a%d@example.com\",\"order_id\":\"%d\",\"revenue\":31.24,\"products\":[{\"sku\":\"45790-32\",\"price\":19,\"quantity\":1},{\"sku\":\"46493-32\",\"price\":3,\"quantity\":2}],\"event_uuid\":\"7f3a7f3a-0000-4000-8000-%012d\"}\n", i, i, i }'
}
TIMEFORMAT=%R
for count in 10000 100000; do
  events "$count" >"$folder/events.ndjson"
  { time /usr/bin/time -f %M -o "$folder/kb" "$program" --url "$url" send "$folder/events.ndjson" --rate off >/dev/null 2>"$folder/told"; } 2>"$folder/seconds"
  echo "$count $(cat "$folder/seconds") $(tail -1 "$folder/kb")" >>"$folder/sent"
done
# curl needs its bodies in files: those of the first 3,000 events, 30 a call, are enough for a rate.
head -3000 "$folder/events.ndjson" | awk -v folder="$folder" '
  { body = body (NR % 30 == 1 ? "" : ",") $0 }
  NR % 30 == 0 { printf "{\"events\":[%s]}", body >(folder "/call." NR / 30); body = "" }'
{ time for body in "$folder"/call.*; do
  curl -sS -o /dev/null -u "$CLICKSCOPE_EVENT_KEY:" -H 'Content-Type: application/json' --data-binary @"$body" "$url/api/v1/bulkevents"
done; } 2>"$folder/curl"
awk -v curl="$(cat "$folder/curl")" '
  { rate[$1] = $1 / $2; kb[$1] = $3 }
  END {
    printf "%-52s %.1f times one curl a call  (%d a second, curl %d)\n", "sending 100,000 events from NDJSON:", rate[100000] / (3000 / curl), rate[100000], 3000 / curl
    printf "%-52s %.2f of that for 10,000  (%.1f MB)\n", "memory for 100,000 events:", kb[100000] / kb[10000], kb[100000] / 1000 }' "$folder/sent"

# What is remembered: the diff of two orders of 1 MB beside deepdiff, a query over a full history beside jq. deepdiff is
# asked for where Python has it.
SIDE_BY_SIDE=$folder cargo bench --quiet --bench history >"$folder/remembered"
cargo bench --quiet --bench query >>"$folder/remembered"
remembered() { awk -v name="$1" '$1 == name { print $2 }' "$folder/remembered"; }
awk -v ours="$(remembered query_mb_a_second)" -v jq="$(remembered query_of_jq_mb_a_second)" 'BEGIN {
  printf "%-52s %.1f times jq  (%.0f MB a second)\n", "a query over 64 MiB of history:", ours / jq, ours }'
awk -v ours="$(remembered diff)" 'BEGIN { printf "%-52s %.1f ms\n", "diff of two events of 1 MB, 1 % changed:", ours * 1000 }'
awk -v ours="$(remembered diff_of_worst_array)" 'BEGIN { printf "%-52s %.1f ms\n", "diff of two lists of 100,000 without a common one:", ours * 1000 }'
if python3 -c 'import deepdiff' 2>/dev/null; then
  python3 - "$folder" <<'PYTHON' | awk -v ours="$(remembered diff)" '{ printf "%-52s %.1f times deepdiff  (%.2f s)\n", "the same:", $1 / ours, $1 }'
import json, sys, time
from deepdiff import DeepDiff
before, after = (open(f"{sys.argv[1]}/{name}.json").read() for name in ("before", "after"))
started = time.perf_counter()
DeepDiff(json.loads(before), json.loads(after))
print(time.perf_counter() - started)
PYTHON
fi
awk -v early="$(remembered memory_mb)" -v growth="$(remembered memory_growth_mb)" 'BEGIN {
  printf "%-52s %.0f MB after one million, %+.1f MB after ten\n", "memory of a session:", early, growth }'
