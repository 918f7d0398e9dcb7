#!/bin/sh
# Runs the packed check: unpacks the archive beside it into a temporary folder, and hands its arguments on.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
tar -xzf "$here/hebb.tar.gz" -C "$work"
hebb=$work/hebb

node=node
if [ -x "$hebb/bin/node" ]; then node=$hebb/bin/node; fi
if [ -d "$hebb/lib" ] && ! ldconfig -p 2>/dev/null | grep -q 'libvulkan\.so\.1'; then
  LD_LIBRARY_PATH=$hebb/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export LD_LIBRARY_PATH
fi
# Drivers that lie outside of the folders in which the loader looks have to be named.
if [ -z "${VK_DRIVER_FILES:-}" ] && [ -z "$(ls /etc/vulkan/icd.d /usr/share/vulkan/icd.d 2>/dev/null)" ]; then
  driver=$(find /usr /opt -name 'nvidia_icd*.json' 2>/dev/null | head -n 1)
  if [ -n "$driver" ]; then VK_DRIVER_FILES=$driver && export VK_DRIVER_FILES; fi
fi
# Vulkan drivers want this folder.
if [ -z "${XDG_RUNTIME_DIR:-}" ]; then
  XDG_RUNTIME_DIR=$work/runtime
  export XDG_RUNTIME_DIR
  mkdir -m 700 "$XDG_RUNTIME_DIR"
fi

INIT_CWD=$PWD
export INIT_CWD
cd "$hebb/tools/gpu-check"
"$node" --import tsx main.ts "$@"
