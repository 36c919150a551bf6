#!/bin/sh
# The tables of docs/quality.md: trains the checkpoints, samples, retrains, scores every method on the same subsets. Goes on
# where it was interrupted. OUT/SETTING/table.md is the table, OUT/SETTING/FIRST RUN/quality.json all of it.
#   bench/retraining/quality.sh OUT [SETTING…]        (all settings by default: mnist-1000 mnist-200 cifar-3072 shakespeare-256)
#   DATA names the folder of the data (../shared/data by default), BIF the program (./bif), SUBSETS the random subsets (100),
#   REPEATS the models per subset (3). A rehearsal in a minute or two, whose numbers say little:
#   SUBSETS=10 REPEATS=1 DRAWS=20 EPOCHS=2 bench/retraining/quality.sh OUT mnist-100 cifar-64 shakespeare-32
set -eu
out=$1
shift
subsets=${SUBSETS:-100}
repeats=${REPEATS:-3}
without=none
. "$(dirname "$0")/settings.sh"

judge() { # FOLDER NAMES… : the first run and its comparison methods but those in $without, beside other runs of the same items
  folder=$1
  first=$2
  shift 2
  others=
  for name in "$@"; do
    others="$others --methods $name=$folder/$name"
  done
  $bif lds "$folder/$first" --subsets "$subsets" --repeats "$repeats" --methods all $others --without "$without" --markdown >"$folder/table.part"
  mv "$folder/table.part" "$folder/table.md"
  cat "$folder/table.md"
}

mnist() { # ITEMS
  mnist_network "$1"
  sample "$folder" default
  sample "$folder" plain --sampler laplace --control-variate none
  sample "$folder" baoab --sampler baoab
  judge "$folder" default plain baoab
}

cifar() { # ITEMS
  cifar_network "$1"
  sample "$folder" default
  sample "$folder" plain --sampler laplace --control-variate none
  sample "$folder" baoab --sampler baoab
  judge "$folder" default plain baoab
}

shakespeare() { # ITEMS
  # Conjugate gradients for each query would take an hour.
  without=exact
  items="$data/text/tinyshakespeare.txt[0:$1]"
  queries="$data/text/tinyshakespeare.txt[16000:16100]"
  folder=$out/shakespeare-$1
  train "$folder" --model-type gpt_neox --set hidden_size=32 --set num_hidden_layers=2 --set num_attention_heads=2 --set intermediate_size=128 \
    --vocabulary 257 --context 64 --windows packed --epochs 20 --batch 16 --lr 0.003
  sample "$folder" default --context 64 --windows packed
  sample "$folder" baoab --context 64 --windows packed --sampler baoab --draws 250
  judge "$folder" default baoab
}

# Each in a shell of its own, so that what one sets does not reach the next.
for setting in ${*:-mnist-1000 mnist-200 cifar-3072 shakespeare-256}; do
  (${setting%-*} "${setting#*-}")
done
