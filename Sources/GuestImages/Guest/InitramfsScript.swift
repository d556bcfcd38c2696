// The first program of the guest, which finds the root disk.

/// `/init` of the initramfs.
enum InitramfsScript {
    /// Loads the modules of `/modules/order`, waits for the disk of `root=`, and starts its init.
    static let contents = #"""
        #!/bin/busybox sh
        # Finds the root disk and starts the system on it.
        export PATH=/bin
        mount -t devtmpfs -o nosuid,mode=0755 devtmpfs /dev
        mount -t proc -o nosuid,nodev,noexec proc /proc
        mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
        # The kernel gave this program the console of the archive; use the real one from here on.
        exec </dev/console >/dev/console 2>&1

        root=/dev/vda
        mode=ro
        init=/sbin/init
        read -r line </proc/cmdline
        set -f
        for word in $line; do
            case $word in
                root=*) root=${word#*=} ;;
                ro|rw) mode=$word ;;
                init=*) init=${word#*=} ;;
            esac
        done
        set +f

        rescue() {
            echo "starling: $1"
            echo "starling: this is a shell of the initramfs; 'poweroff -f' ends the machine."
            while :; do setsid cttyhack sh; done
        }

        while read -r module; do
            insmod "/modules/$module" || echo "starling: the module $module does not load"
        done </modules/order

        tries=0
        while :; do
            device=$root
            case $root in
                UUID=*|LABEL=*) device=$(findfs "$root" 2>/dev/null) ;;
            esac
            [ -b "$device" ] && break
            tries=$((tries + 1))
            [ $tries -gt 50 ] && rescue "there is no root disk $root (give one with root=)"
            usleep 100000
        done

        mount -t ext4 -o "$mode" "$device" /root || rescue "the disk $device cannot be mounted as ext4"
        [ -x "/root$init" ] || [ -L "/root$init" ] || rescue "the disk $device has no $init"
        for folder in dev proc sys; do mount --move "/$folder" "/root/$folder"; done
        exec switch_root /root "$init"

        """#
}
