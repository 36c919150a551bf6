# What quality.sh and factors.sh share: checkpoints and runs of their settings, once each, in the folder $out. DRAWS and EPOCHS take the place of
# what is written in options.
data=${DATA:-../shared/data}
bif=${BIF:-./bif}

rehearsed() { # OPTION VALUE OPTIONS… : the options with this value of that option
  option=$1
  value=$2
  shift 2
  while [ $# -gt 0 ]; do
    if [ "$1" = "$option" ]; then shift 2; else printf '%s ' "$1"; shift; fi
  done
  echo "$option $value"
}

train() { # FOLDER OPTIONS… : a checkpoint, once
  folder=$1
  shift
  [ -z "${EPOCHS:-}" ] || set -- $(rehearsed --epochs "$EPOCHS" "$@")
  [ -f "$folder/model/training.json" ] || $bif train --threads 1 --data "$items" --out "$folder/model" "$@"
}

sample() { # FOLDER NAME OPTIONS… : a run, once
  run=$1/$2
  model=$1/model
  shift 2
  [ -z "${DRAWS:-}" ] || set -- $(rehearsed --draws "$DRAWS" "$@")
  resume=$([ -f "$run/run.json" ] && echo --resume || true)
  $bif attribute --model "$model" --data "$items" --queries "$queries" --out "$run" "$@" $resume
}

mnist_network() { # ITEMS : $folder, $items and $queries, and the checkpoint
  items="$data/mnist@train[0:$1]"
  queries="$data/mnist@test[0:200]"
  folder=$out/mnist-$1
  train "$folder" --model-type mlp --set 'hidden_sizes=[128]' --epochs 60 --batch 50 --lr 0.05 --weight-decay 0.001 --schedule linear
}

cifar_network() { # ITEMS : $folder, $items and $queries, and the checkpoint
  items="$data/cifar10@train[0:$1]"
  queries="$data/cifar10@test[0:200]"
  folder=$out/cifar-$1
  train "$folder" --model-type convnet --set 'widths=[16,32,64]' --epochs 15 --batch 64 --lr 0.05 --weight-decay 0.01 --schedule linear
}
