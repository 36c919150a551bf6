#!/bin/sh
# The table of docs/quality.md on Kronecker factors: the calibrated run in their coordinates, others at given dampings γ/nβ, and some
# in few leading directions, all judged on the same retrained networks. Goes on where it was interrupted.
#   bench/retraining/factors.sh OUT mnist-1000|mnist-200|cifar-3072 DAMPING… [-- RANK…]
#   DATA names the folder of the data (../shared/data by default), BIF the program (./bif), DRAWS those of each of 4 chains (60).
# As measured:
#   bench/retraining/factors.sh OUT cifar-3072 0.6 0.2 0.06 0.02 0.006 0.002 -- 8 15 24 50 108
#   bench/retraining/factors.sh OUT mnist-1000 0.022 0.0073 0.0022 0.00073 0.000073 -- 36 72 103 150 206
#   bench/retraining/factors.sh OUT mnist-200 0.0137 0.0068 0.0023 0.00068 0.00023 0.000023
set -eu
folder=$1/$2
setting=$2
shift 2
data=${DATA:-../shared/data}
bif=${BIF:-./bif}
case $setting in
  mnist-*)
    items="$data/mnist@train[0:${setting#*-}]"
    queries="$data/mnist@test[0:200]"
    network="--model-type mlp --set hidden_sizes=[128] --epochs 60 --batch 50 --lr 0.05 --weight-decay 0.001 --schedule linear" ;;
  cifar-*)
    items="$data/cifar10@train[0:${setting#*-}]"
    queries="$data/cifar10@test[0:200]"
    network="--model-type convnet --set widths=[16,32,64] --epochs 15 --batch 64 --lr 0.05 --weight-decay 0.01 --schedule linear" ;;
  *) echo "There is no setting $setting: mnist-1000, mnist-200 and cifar-3072 are." >&2; exit 2 ;;
esac

sample() { # NAME OPTIONS… : a run, once
  run=$folder/$1
  shift
  $bif attribute --model "$folder/model" --data "$items" --queries "$queries" --out "$run" --sampler laplace --draws "${DRAWS:-60}" "$@" \
    $([ -f "$run/run.json" ] && echo --resume || true)
}

[ -f "$folder/model/training.json" ] || $bif train --threads 1 --data "$items" --out "$folder/model" $network
sample kfac --preconditioner kfac
gamma=$(sed -n 's/^ *"gamma": \([0-9.e+-]*\),*$/\1/p' "$folder/kfac/run.json" | tail -n 1)
others=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  sample "damping-$1" --preconditioner kfac --gamma "$gamma" --nbeta "$(awk "BEGIN { print $gamma / $1 }")"
  others="$others --methods damping-$1=$folder/damping-$1"
  shift
done
[ $# -eq 0 ] || shift
for rank in "$@"; do
  sample "rank-$rank" --preconditioner lowrank --rank "$rank"
  others="$others --methods rank-$rank=$folder/rank-$rank"
done
$bif lds "$folder/kfac" --methods bif --methods cosine --methods gradsim --methods ekfac $others --markdown >"$folder/factors.part"
mv "$folder/factors.part" "$folder/factors.md"
cat "$folder/factors.md"
