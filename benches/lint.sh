#!/usr/bin/env bash
# Prints how many events a second `clickscope lint` looks at, beside ajv with the catalogue's schemas on the same events,
# in one run on one machine, on one core and on two. Needs node, npm, GNU time, taskset and a release build.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

cargo build --release --quiet
program=$(realpath "${CARGO_TARGET_DIR:-target}")/release/clickscope
npm install --silent --no-audit --no-fund --prefix "$folder" ajv@8 ajv-formats@3 >/dev/null
cp -r assets/events assets/event.json "$folder"

# Five types; every seventh event has faults.
awk 'BEGIN {
  for (i = 0; i < 200000; i++) {
    id = sprintf("\"email\":\"a%d@example.com\",\"event_uuid\":\"7f3a7f3a-0000-4000-8000-%012d\"", i, i)
    bad = i % 7 == 0
    if (i % 5 == 0)
      printf "{\"event\":\"purchase\",%s,\"order_id\":\"%d\",\"total\":30,\"revenue\":%s,\"products\":[{\"sku\":\"45790-32\",\"price\":19,\"quantity\":1},{\"sku\":\"46493-32\",\"price\":3,\"quantity\":2}]}\n", id, i, bad ? "\"$ 25\"" : "25"
    else if (i % 5 == 1) printf "{\"event\":\"view\",%s,\"products\":[{\"sku\":\"45790-32\"}]}\n", id
    else if (i % 5 == 2) printf "{\"event\":\"identify\",%s,\"joined_at\":\"%s\",\"firstname\":\"Jane\",\"lastname\":\"Doe\"}\n", id, bad ? "11/11/2011" : "2015-03-17T17:27:20+00:00"
    else if (i % 5 == 3) printf "{\"event\":\"pageload\",%s,\"url\":\"https://example.com/\",\"ip\":\"%s\",\"referrer\":\"https://example.com/a\"}\n", id, bad ? "201.44.11" : "201.44.11.21"
    else printf "{\"event\":\"subscription_billing\",%s,\"revenue\":29.99,\"billing_date\":\"%s\"}\n", id, bad ? "2014-14-11T17:27:20+00:00" : "2014-11-14T17:27:20+00:00"
  }
}' >"$folder/events.ndjson"

cat >"$folder/ajv.js" <<'JS'
const Ajv = require("ajv/dist/2020");
const fs = require("fs");
const readline = require("readline");
const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: true });
require("ajv-formats")(ajv);
ajv.addSchema(JSON.parse(fs.readFileSync("event.json")), "file:/event.json");
const plan = new Map(fs.readdirSync("events").map((file) => {
  const schema = JSON.parse(fs.readFileSync("events/" + file));
  return [schema.title, ajv.compile({ $id: "file:/events/" + file, ...schema })];
}));
let errors = 0;
readline.createInterface({ input: fs.createReadStream("events.ndjson") }).on("line", (line) => {
  const event = JSON.parse(line);
  const validate = plan.get(event.event);
  if (validate && !validate(event)) errors += validate.errors.length;
}).on("close", () => console.log(errors));
JS

# The wall time of a command and its peak memory: the best of three runs. What lint finds is no failure of the measurement.
best() {
  for _ in 1 2 3; do
    /usr/bin/time -f '%e %M' -a -o "$folder/times" "$@" >/dev/null 2>&1 || true
  done
  grep -E '^[0-9.]+ [0-9]+$' "$folder/times" | sort -n | head -1
  rm "$folder/times"
}
cd "$folder"
{
  echo "ajv1 $(best taskset -c 0 node ajv.js)"
  echo "rules1 $(best taskset -c 0 "$program" lint events.ndjson)"
  echo "plan1 $(best taskset -c 0 "$program" lint --plan events events.ndjson)"
  echo "ajv2 $(best taskset -c 0,1 node ajv.js)"
  echo "rules2 $(best taskset -c 0,1 "$program" lint events.ndjson)"
  echo "plan2 $(best taskset -c 0,1 "$program" lint --plan events events.ndjson)"
} | awk '
  { seconds[$1] = $2; mb[$1] = $3 / 1000 }
  function told(what, name, beside) {
    printf "%-58s %7d events a second, %.2f of ajv  (%.0f MB)\n", what, 200000 / seconds[name], seconds[beside] / seconds[name], mb[name]
  }
  END {
    told("ajv, the schemas of the catalogue, one thread:", "ajv1", "ajv1")
    told("lint, all rules, one thread:", "rules1", "ajv1")
    told("lint, all rules and the same schemas as plan, one thread:", "plan1", "ajv1")
    told("ajv, the schemas of the catalogue, two cores:", "ajv2", "ajv2")
    told("lint, all rules, two cores:", "rules2", "ajv2")
    told("lint, all rules and the same schemas as plan, two cores:", "plan2", "ajv2")
  }'
