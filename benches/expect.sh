#!/usr/bin/env bash
# Prints how many events a second 100 expectations take in from a tape, beside jq with the same 100 conditions in one filter on
# the same events, in one run on one machine; and how long after an event came to a collector the verdict is there. Needs jq,
# curl, GNU time and a release build. EVENTS says how many events, a million by default.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'kill "${sandbox:-}" 2>/dev/null || true; rm -r "$folder"' EXIT

cargo build --release --quiet
program=$(realpath "${CARGO_TARGET_DIR:-target}")/release/clickscope
events=${EVENTS:-1000000}
export CLICKSCOPE_EVENT_KEY=any

# Ten types, and ten expectations of each; none is met before the end.
awk -v events="$events" 'BEGIN {
  for (i = 0; i < events; i++)
    printf "{\"event\":\"type_%d\",\"customer_id\":\"%d\",\"event_uuid\":\"7f3a7f3a-0000-4000-8000-%012d\",\"revenue\":%d.5,\"currency\":\"EUR\",\"order_id\":\"%d\",\"products\":[{\"sku\":\"45790-%d\",\"price\":19,\"quantity\":1}]}\n", i % 10, i % 5000, i, i % 90, i, i % 100
}' >"$folder/events.ndjson"
condition() { printf '.revenue > %d and .currency == "EUR" and .products[0].sku == "45790-%d"' $((100 + $1)) "$1"; }
filter=""
for i in $(seq 0 99); do
  printf '[[expect]]\nevent = "type_%d"\nnone = true\nwhere = '"'%s'"'\n' $((i % 10)) "$(condition "$i")" >>"$folder/events.toml"
  filter+="${filter:+, }(.event == \"type_$((i % 10))\" and $(condition "$i"))"
done

seconds() { /usr/bin/time -f '%e' -o "$folder/time" "$@" >/dev/null 2>"$folder/said" || { cat "$folder/said"; exit 1; }; cat "$folder/time"; }
own=$(seconds "$program" expect -f "$folder/events.toml" --from "$folder/events.ndjson")
jq=$(seconds jq -c "[$filter] | any" "$folder/events.ndjson")
awk -v n="$events" -v own="$own" -v jq="$jq" 'BEGIN {
  printf "100 expectations: %d events a second; jq: %d; %.1f times as many\n", n / own, n / jq, jq / own
}'

"$program" sandbox --headless --listen 127.0.0.1:0 >"$folder/url" 2>/dev/null &
sandbox=$!
until [ -s "$folder/url" ]; do sleep 0.05; done
url=$(head -1 "$folder/url")
# From the answer to the sender to the end of the program.
for i in $(seq 21); do
  "$program" expect purchase --has "n=$i" --url "$url" --within 10s 2>/dev/null &
  waiting=$!
  sleep 0.4
  curl -s -o /dev/null -u any: -H 'Content-Type: application/json' -d "{\"event\":\"purchase\",\"customer_id\":\"1\",\"n\":$i}" "$url/api/v1/event"
  came=$(date +%s%N)
  wait $waiting
  echo $((($(date +%s%N) - came) / 1000000))
done | sort -n | awk '{ all[NR] = $1 } END { printf "from the event to the verdict: median %d ms, longest %d ms\n", all[int((NR + 1) / 2)], all[NR] }'
