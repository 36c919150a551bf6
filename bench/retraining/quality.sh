#!/bin/sh
# The MNIST tables of docs/quality.md: trains the checkpoints, samples, retrains, judges. Goes on where it was interrupted.
#   bench/retraining/quality.sh OUT [MNIST_DIR]       (BIF names the program; ./bif by default)
set -eu
out=$1
mnist=${2:-../shared/data/mnist}
bif=${BIF:-./bif}

for items in 1000 200; do
  folder=$out/mnist-$items
  data="$mnist@train[0:$items]"
  queries="$mnist@test[0:200]"
  [ -f "$folder/model/training.json" ] || $bif train --model-type mlp --set 'hidden_sizes=[128]' --data "$data" --out "$folder/model" \
    --epochs 60 --batch 50 --lr 0.05 --weight-decay 0.001 --schedule linear
  for sampler in baoab laplace; do
    resume=$([ -f "$folder/$sampler/run.json" ] && echo --resume || true)
    $bif attribute --model "$folder/model" --data "$data" --queries "$queries" --out "$folder/$sampler" --sampler $sampler $resume
  done
  $bif lds "$folder/baoab" --methods bif --methods "laplace=$folder/laplace" | tee "$folder/lds.txt"
done
