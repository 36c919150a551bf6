#!/usr/bin/env bash
# The per-token run of the documentation: 500 TinyStories as training items, the last 20 as queries, at the defaults; then the words
# most related, without noise, to the least expected word of each of the first ten queries, as the table of docs/language-models.md.
#
#   bench/language/stories.sh FOLDER [options of bif attribute]
#
# The run goes on where it stopped when the same line is given again.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:?give a folder to write to}
shift
stories=../shared/data/text/tinystories.txt
./bif attribute --model ../shared/data/stories260K --data "$stories[0:500]" --queries "$stories[-20:]" \
  --windows first --context 256 --per-token --out "$out" --resume "$@"
./bif tokens "$out" --examples 10 --by word -k 3 --noise-free
