// What the guest runs from init to the shell.

/// A text file of the guest.
struct GuestFile {
    let path: String
    let contents: String
    let isProgram: Bool
}

/// The start-up of the root file system: busybox's init and three scripts.
///
/// They use busybox, which is one static program: on an interpreter the dynamic loader's work for each
/// of the system's own tools costs tens of milliseconds.
enum GuestScripts {
    /// The files for a guest of `board`, which differ in how the guest ends the machine.
    static func all(board: String) -> [GuestFile] {
        let console = Self.console + PowerOffScript(board: board).contents + lastResort
        return [
            GuestFile(path: "/etc/inittab", contents: inittab, isProgram: false),
            GuestFile(path: "/usr/lib/starling/sysinit", contents: sysinit, isProgram: true),
            GuestFile(path: "/usr/lib/starling/console", contents: console, isProgram: true),
            GuestFile(path: "/usr/lib/starling/shutdown", contents: shutdown, isProgram: true),
        ]
    }

    /// The dash asks init for a login shell in a session of its own, with the terminal as its
    /// controlling one; without it there would be no job control.
    private static let inittab = """
        # id:runlevels:action:process, for busybox init
        ::sysinit:/usr/lib/starling/sysinit
        ::respawn:-/usr/lib/starling/console
        ::ctrlaltdel:/sbin/reboot
        ::shutdown:/usr/lib/starling/shutdown

        """

    private static let sysinit = #"""
        #!/usr/bin/busybox sh
        # Brings the system up to where programs can run.
        export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
        [ -e /proc/self ] || busybox mount -t proc -o nosuid,nodev,noexec proc /proc
        [ -e /sys/class ] || busybox mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
        [ -e /dev/null ] || busybox mount -t devtmpfs -o nosuid,mode=0755 devtmpfs /dev
        busybox mkdir -p /dev/pts /dev/shm
        busybox mount -t devpts -o nosuid,noexec,gid=5,mode=0620 devpts /dev/pts
        busybox mount -t tmpfs -o nosuid,nodev tmpfs /dev/shm
        busybox mount -t tmpfs -o nosuid,nodev,mode=0755 tmpfs /run
        busybox mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs /tmp
        busybox mkdir -m 1777 /run/lock
        for link in fd:/proc/self/fd stdin:/proc/self/fd/0 stdout:/proc/self/fd/1 stderr:/proc/self/fd/2; do
            [ -e "/dev/${link%%:*}" ] || busybox ln -s "${link#*:}" "/dev/${link%%:*}"
        done
        read -r line </proc/cmdline
        case " $line " in
            *" ro "*|*" rw "*) ;; # as the initramfs has mounted it
            *) busybox mount -o remount,rw / || echo "starling: the root disk stays read-only" ;;
        esac
        busybox hostname -F /etc/hostname
        busybox ip link set lo up
        exit 0

        """#

    /// The shell, or the one command that the kernel command line asks for. Words that it knows there:
    /// `starling.command=<base64url of a command line>` and `starling.terminal=<rows>x<columns>`.
    private static let console = #"""
        #!/usr/bin/busybox sh
        # Runs on the console: a root shell, or the command of the kernel command line.
        read -r terminals </sys/class/tty/console/active
        terminal=/dev/${terminals##* }
        [ -c "$terminal" ] && exec <"$terminal" >"$terminal" 2>&1
        export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
        export HOME=/root USER=root LOGNAME=root SHELL=/bin/bash LANG=C.UTF-8
        cd /root
        command=
        size=24x80
        read -r line </proc/cmdline
        set -f
        for word in $line; do
            case $word in
                starling.command=*) command=${word#*=} ;;
                starling.terminal=*x*) size=${word#*=} ;;
            esac
        done
        # A serial line does not know its size, and some programs wait for ever at 0 by 0.
        busybox stty rows "${size%x*}" columns "${size#*x}" || busybox stty rows 24 columns 80
        if [ -z "$command" ]; then
            . /etc/os-release
            echo "$PRETTY_NAME on Starling: a root shell; 'poweroff' ends the machine."
            exec bash -l
        fi
        # base64url (RFC 4648, section 5) comes without the padding that the decoder wants.
        while [ $((${#command} % 4)) -ne 0 ]; do command="$command="; done
        case $command in
            *[!A-Za-z0-9_=-]*) text='echo "starling.command is not base64url" >&2; exit 125' ;;
            *) text=$(echo "$command" | busybox tr _- /+ | busybox base64 -d) ;;
        esac
        # Ctrl-C is for the command; a handler, unlike ignoring, is not handed down to it.
        trap : INT QUIT TERM HUP
        bash -c "$text"
        status=$?
        # Sets the terminal to what it is, after all output has left it.
        busybox stty "$(busybox stty -g)" 2>/dev/null
        # Run here, as its signals must not reach this shell.
        . /usr/lib/starling/shutdown

        """#

    /// The end of the console's script.
    private static let lastResort = #"""
        # Not reached on a board with that device.
        exec busybox poweroff -f

        """#

    private static let shutdown = #"""
        #!/usr/bin/busybox sh
        # Leaves the file systems clean. The console's script also reads this into itself.
        busybox sync
        for signal in TERM KILL; do
            busybox mount -o remount,ro / 2>/dev/null && break
            # Someone still writes; this shell and init are not reached by it.
            kill -$signal -1
            busybox usleep 200000
        done
        busybox mount -o remount,ro / 2>/dev/null
        busybox umount -a -r 2>/dev/null
        busybox sync

        """#
}
