#!/bin/sh
# Installs the Debian packages that a make target needs, if any is missing.
# usage: scripts/packages.sh run|test|bench
set -eu

run="libxxhash-dev libzstd-dev zlib1g-dev liblzma-dev apt coreutils dash dpkg debian-archive-keyring e2fsprogs fakeroot kmod tar
    xz-utils seabios"
test="$run qemu-user gcc-riscv64-linux-gnu binutils-riscv64-linux-gnu libc6-dev-riscv64-cross opensbi
    device-tree-compiler cpio openssl binutils gcc libc6-dev gzip util-linux gdb-multiarch qemu-utils curl xxhash
    grub-common grub-pc-bin xorriso mtools"
bench="$run qemu-system-misc gcc libc6-dev gcc-riscv64-linux-gnu libc6-dev-riscv64-cross binutils cpio gzip mawk curl"

case "${1:-}" in
run) wanted=$run ;;
test) wanted=$test ;;
bench) wanted=$bench ;;
*)
    echo "usage: scripts/packages.sh run|test|bench" >&2
    exit 2
    ;;
esac

missing=""
for package in $wanted; do
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
        missing="$missing $package"
    fi
done
[ -n "$missing" ] || exit 0

echo "installing:$missing"
root=""
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || {
        echo "these packages are missing, and there is no sudo; as root, run: apt-get install$missing" >&2
        exit 1
    }
    root=sudo
fi
export DEBIAN_FRONTEND=noninteractive
$root apt-get update -qq
# shellcheck disable=SC2086
$root apt-get install -y -qq --no-install-recommends $missing
