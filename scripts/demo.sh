#!/bin/sh
# The demo: Debian for riscv64, interactive on a terminal, a short tour without one.
# usage: scripts/demo.sh STARLING
set -eu
starling=$1
image=debian-trixie-riscv64

"$starling" image build "$image"
if [ -t 0 ] && [ -t 1 ]; then
    exec "$starling" run "$image"
fi
# The tour: who am I, and does the disk keep what is written to it?
exec "$starling" run "$image" -- '
set -e
uname -a
cat /etc/os-release
dd if=/dev/urandom of=/root/demo.bin bs=64k count=16 status=none
before=$(sha256sum < /root/demo.bin)
sync
echo 3 > /proc/sys/vm/drop_caches
after=$(sha256sum < /root/demo.bin)
echo "written  $before"
echo "read     $after"
test "$before" = "$after"
echo "demo: the disk keeps what was written"
'
