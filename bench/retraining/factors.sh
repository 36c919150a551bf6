#!/bin/sh
# The table of docs/quality.md on Kronecker factors: the calibrated run in their coordinates, others at given dampings γ/nβ, and some
# in few leading directions, all judged on the same retrained networks. Goes on where it was interrupted.
#   bench/retraining/factors.sh OUT mnist-1000|mnist-200|cifar-3072 DAMPING… [-- RANK…]
#   DATA names the folder of the data (../shared/data by default), BIF the program (./bif), DRAWS those of each of 4 chains (60), EPOCHS those of training.
# As measured:
#   bench/retraining/factors.sh OUT cifar-3072 0.6 0.2 0.06 0.02 0.006 0.002 -- 8 15 24 50 108
#   bench/retraining/factors.sh OUT mnist-1000 0.022 0.0073 0.0022 0.00073 0.000073 -- 36 72 103 150 206
#   bench/retraining/factors.sh OUT mnist-200 0.0137 0.0068 0.0023 0.00068 0.00023 0.000023
set -eu
out=$1
setting=$2
shift 2
. "$(dirname "$0")/settings.sh"
case $setting in
  mnist-*) mnist_network "${setting#*-}" ;;
  cifar-*) cifar_network "${setting#*-}" ;;
  *) echo "There is no setting $setting: mnist-1000, mnist-200 and cifar-3072 are." >&2; exit 2 ;;
esac

draw() { # NAME OPTIONS… : independent draws, once
  name=$1
  shift
  sample "$folder" "$name" --sampler laplace --draws 60 "$@"
}

draw kfac --preconditioner kfac
gamma=$(sed -n 's/^ *"gamma": \([0-9.e+-]*\),*$/\1/p' "$folder/kfac/run.json" | tail -n 1)
others=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  draw "damping-$1" --preconditioner kfac --gamma "$gamma" --nbeta "$(awk "BEGIN { print $gamma / $1 }")"
  others="$others --methods damping-$1=$folder/damping-$1"
  shift
done
[ $# -eq 0 ] || shift
for rank in "$@"; do
  draw "rank-$rank" --preconditioner lowrank --rank "$rank"
  others="$others --methods rank-$rank=$folder/rank-$rank"
done
$bif lds "$folder/kfac" --methods bif --methods cosine --methods gradsim --methods ekfac $others --markdown >"$folder/factors.part"
mv "$folder/factors.part" "$folder/factors.md"
cat "$folder/factors.md"
