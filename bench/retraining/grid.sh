#!/bin/sh
# The figure of docs/quality.md: five whole pipelines (items, checkpoint, scores, retraining), each on 200 MNIST images of its
# own and on half of them. Goes on where it was interrupted.
#   bench/retraining/grid.sh OUT [MNIST_DIR]          (BIF names the program; ./bif by default)
# OUT/grid holds the figure as grid.svg and grid.png; copied to DATA/grids/NAME the web application shows it. A rehearsal:
#   PIPELINES="0 1" SUBSETS=10 DRAWS=20 bench/retraining/grid.sh OUT
set -eu
out=$1
mnist=${2:-../shared/data/mnist}
bif=${BIF:-./bif}
runs=

for pipeline in ${PIPELINES:-0 1 2 3 4}; do
  for items in 100 200; do
    run=$out/$items-$pipeline
    data="$mnist@train[$((pipeline * 200)):$((pipeline * 200 + items))]"
    [ -f "$run/model/training.json" ] || $bif train --model-type mlp --set 'hidden_sizes=[128]' --data "$data" --out "$run/model" \
      --epochs 60 --batch 50 --lr 0.05 --weight-decay 0.001 --schedule linear --seed "$pipeline"
    for way in default baoab; do
      resume=$([ -f "$run/$way/run.json" ] && echo --resume || true)
      sampler=$([ $way = default ] || echo "--sampler $way")
      $bif attribute --model "$run/model" --data "$data" --queries "$mnist@test[0:200]" --out "$run/$way" $sampler --seed "$pipeline" ${DRAWS:+--draws "$DRAWS"} $resume
    done
    # The damping that the tuning subsets of docs/quality.md choose for 200 such items.
    $bif compare "$run/default" --methods gradsim,ekfac --damping 100
    cp "$run/baoab/scores/bif.npy" "$run/default/baselines/baoab.npy"
    runs="$runs $run/default"
  done
done

$bif grid $runs ${SUBSETS:+--subsets "$SUBSETS"} --out "$out/grid" | tee "$out/grid.txt"
