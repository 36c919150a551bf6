#!/usr/bin/env bash
# Checks a machine with PyTorch and a GPU: builds the native library against that PyTorch, then runs the known answers,
# a whole run and the throughput there. It needs neither a network nor .NET: python3 with torch, cmake, g++ and, for the
# fused CUDA kernels, nvcc. `./bif publish` packs it with everything else that it needs.
#
#     [DEVICE=cuda:0|cpu] [PYTHON=python3] [SECONDS_EACH=5] bench/gpu/check.sh [BUILD_FOLDER]
set -euo pipefail

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
device=${DEVICE:-cuda:0}
python=$(command -v "${PYTHON:-python3}") || { echo "check: there is no ${PYTHON:-python3}; name Python with PyTorch in PYTHON." >&2; exit 2; }
build=${1:-$root/check-build}
bif=$root/bin/bif

step() { printf '\n== %s\n' "$*"; }
fail() { echo "check: $*" >&2; exit 2; }

[ -x "$bif" ] || fail "there is no $bif: run this script from the package that ./bif publish makes."
for tool in cmake g++ make; do command -v "$tool" >/dev/null || fail "$tool is missing on this machine."; done
prefix=$("$python" -c 'import torch; print(torch.utils.cmake_prefix_path)') || fail "$python has no PyTorch; name another in PYTHON."
libraries=$("$python" -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))')

step "machine"
"$python" -c 'import torch; print("PyTorch", torch.__version__, "| CUDA", torch.version.cuda, "| devices", [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())])'
echo "nvcc: $(command -v nvcc || echo "none; CUDA vectors take the way over the host in Langevin steps")"
uptime

step "native library"
mkdir -p "$build"
log=$build/build.log
# Debian's PyTorch has its CMake files in the system's own place.
[ -d "$prefix" ] && export CMAKE_PREFIX_PATH=$prefix
{ cmake -S "$root/src/native" -B "$build/native" -DCMAKE_BUILD_TYPE=Release && cmake --build "$build/native" --parallel; } >"$log" 2>&1 \
  || { grep -iE "error" "$log" | head -n 20 >&2 || true; fail "the native library did not build; the whole log is $log."; }
export BIF_NATIVE=$build/native/libbif_native.so
[ -d "$libraries" ] && export LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
echo "$BIF_NATIVE, $(du -h "$BIF_NATIVE" | cut -f1)"

step "tool"
"$bif" --version
"$bif" doctor

status=0
step "known answers and agreement with the CPU on $device"
# Float32 without TensorFloat-32, which rounds factors to 10 bits.
NVIDIA_TF32_OVERRIDE=0 "$bif" check --device "$device" || status=1

step "a whole run on $device"
run=$build/run
rm -rf "$run"
mkdir -p "$run"
"$python" - "$run" <<'PYTHON'
import random, sys
random.seed(5)
for name, count in (("train", 60), ("test", 5)):
    with open(f"{sys.argv[1]}/{name}.csv", "w") as file:
        print("x0,x1,y", file=file)
        for _ in range(count):
            a, b = random.gauss(0, 1), random.gauss(0, 1)
            print(f"{a},{b},{a - 2 * b + random.gauss(0, 0.3)}", file=file)
PYTHON
{
  "$bif" train --model-type linear --data "$run@train" --out "$run/model" --epochs 50 --batch 20 --lr 0.1 --json >"$run/train.log"
  "$bif" attribute --model "$run/model" --data "$run@train" --queries "$run@test" --out "$run/result" --device "$device" \
    --epsilon 0.001 --nbeta 30 --gamma 3 --batch full --chains 2 --draws 200 --thin 4 --burn-in 50 --json >"$run/attribute.log"
  "$bif" top "$run/result" --query 0 -k 3
  "$bif" export "$run/result" --format json --out "$run/export"
} || status=1

step "throughput on $device"
cd "$root"
"$bif" check --device "$device" --speed --python "$python" --seconds "${SECONDS_EACH:-5}" || status=1

step "$([ $status -eq 0 ] && echo "everything holds" || echo "something above failed")"
exit $status
