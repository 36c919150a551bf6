#!/usr/bin/env bash
# A new user's first minutes on a minimal Debian 12: clone, ./bif up until the page answers, ./bif test --quick, and the steps
# of the Dockerfile. As root:  bench/fresh-machine.sh [FOLDER]   (needs debootstrap; 8 GB in FOLDER, which is removed at the end)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=${1:-$(mktemp -d)}
machine=$folder/machine
[ "$(id -u)" -eq 0 ] || { echo "fresh-machine: only root can make a Debian root" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "fresh-machine: apt-get install debootstrap" >&2; exit 1; }

# 1. The inside: runs in namespaces of its own, which take every process and mount with them when it ends.
if [ "${FRESH_INSIDE:-}" = yes ]; then
  mount -t proc none "$machine/proc"
  mount --rbind /dev "$machine/dev"
  exec chroot "$machine" /usr/bin/env -i HOME=/root PATH=/usr/bin:/bin:/usr/sbin:/sbin DOTNET_CLI_TELEMETRY_OPTOUT=1 bash -euo pipefail -c '
    cd /root/bif
    step() { echo "== $1 (${SECONDS} s)"; }
    step "the Dockerfile: install, then build"
    mkdir -p /root/layer && cp bif /root/layer/ && /root/layer/bif install web
    ./bif build web
    step "bif up"
    start=$SECONDS
    ./bif up >/root/up.log 2>&1 &
    up=$!
    until curl -fs -o /dev/null http://localhost:5080/; do
      kill -0 $up 2>/dev/null || { cat /root/up.log; exit 1; }
      [ $((SECONDS - start)) -lt 120 ] || { cat /root/up.log; echo "no page after 120 s"; exit 1; }
      sleep 0.2
    done
    step "the page answered $((SECONDS - start)) s after the start"
    until curl -fsS http://localhost:5080/api/v1/runs | grep -q "\"state\":\"finished\""; do
      [ $((SECONDS - start)) -lt 900 ] || { cat /root/up.log; echo "the demo run did not finish"; exit 1; }
      sleep 2
    done
    step "the demo run was finished $((SECONDS - start)) s after the start"
    kill -TERM $up && wait $up
    step "bif test --quick"
    ./bif test --quick 2>&1 | grep -vE "^(Test run for|A total of|Results File)"
    step "done"'
fi

# 2. The machine: Debian from the mirrors of this one, with its package registries, the SDK and a clone.
trap '[ $# -gt 0 ] || rm -rf "$folder"' EXIT
site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | head -n 1)
[ -e "$machine/root" ] || debootstrap --variant=minbase bookworm "$machine" "$site" >"$folder/debootstrap.log"
sdk=$(dirname "$(readlink -f "$(command -v dotnet)")")
mkdir -p "$machine/usr/share/dotnet" "$machine/root/.nuget"
cp -a "$sdk/." "$machine/usr/share/dotnet/"
ln -sf /usr/share/dotnet/dotnet "$machine/usr/bin/dotnet"
for file in /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/apt.conf.d /etc/resolv.conf /etc/hosts /etc/ssl/certs /usr/local/share/ca-certificates "$HOME/.nuget/NuGet" "$HOME/.npmrc"; do
  [ ! -e "$file" ] || { mkdir -p "$machine/$(dirname "$file")"; cp -rL --remove-destination "$file" "$machine/$(dirname "$file")/"; }
done
rm -f "$machine"/etc/apt/apt.conf.d/docker-*
[ ! -e /etc/apt/sources.list ] && : >"$machine/etc/apt/sources.list" # that of debootstrap names the same packages again
chroot "$machine" apt-get update -qq
chroot "$machine" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends git curl ca-certificates libicu72 >"$folder/apt.log" 2>&1
rm -rf "$machine/root/bif"
git clone -q "$root" "$machine/root/bif"
FRESH_INSIDE=yes exec unshare --mount --pid --fork "$0" "$folder"
