#!/bin/sh
# Makes the guest's root folder from Debian packages, without root.
# usage: build.sh ARCHITECTURE OUT CACHE COMMANDS [DATA]
#   ARCHITECTURE  riscv64 or amd64
#   OUT           gets root/ and, for riscv64, initrd.gz
#   CACHE         keeps packages and apt's lists between builds
#   COMMANDS      the file that becomes bench/commands.sh
#   DATA          the folder that becomes bench/data; made from the packages when it is not given
set -eu

architecture=$1
out=$2
cache=$3/$architecture
commands=$4
data=${5:-}
suite=trixie
here=$(cd "$(dirname "$0")" && pwd)
stage=$out/stage
root=$out/root

case $architecture in
riscv64) triplet=riscv64-linux-gnu compiler=riscv64-linux-gnu-gcc ;;
amd64) triplet=x86_64-linux-gnu compiler=gcc ;;
*) echo "no guest for architecture $architecture" >&2 && exit 2 ;;
esac

say() { echo "$architecture: $*" >&2; }

stop() {
    say "$*"
    exit 1
}

# The host's own Debian archive, asked for another release. Without its updates: the same programs for longer.
write_sources() {
    apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' | grep '/debian/$' | sort -u |
        sed "s,.*,deb [signed-by=$keyring] & $suite main," >"$cache/sources.list"
    [ -s "$cache/sources.list" ] ||
        stop "apt knows no Debian archive on this host; add one to its sources and run apt-get update"
}

# The packages of the list; a second column names the only architecture that needs one.
packages() {
    awk -v architecture="$architecture" 'NF == 1 || $2 == architecture { print $1 }' "$here/packages.txt"
}

# apt with lists, cache and status of its own: the host's packages are neither seen nor changed.
private_apt() {
    program=$1
    shift
    "$program" -qq -o APT::Architecture="$architecture" -o APT::Architectures="$architecture" \
        -o Dir::Etc::SourceList="$cache/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$cache/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$cache/apt" \
        -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

download() {
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    mkdir -p "$cache/lists/partial" "$cache/apt/archives/partial" "$cache/packages"
    missing=
    for package in $(packages); do
        ls "$cache/packages/${package}"_*.deb >/dev/null 2>&1 || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    say "downloading packages"
    write_sources
    private_apt apt-get update || stop "apt-get update failed; is the archive reachable?"
    # shellcheck disable=SC2086
    (cd "$cache/packages" && private_apt apt-get download $missing) || stop "apt-get download failed"
}

# All packages into one folder, in which /bin and /lib are links as in a Debian system.
unpack() {
    say "unpacking"
    for folder in bin sbin lib lib64; do
        mkdir -p "$stage/usr/$folder" "$root/usr/$folder"
        ln -s "usr/$folder" "$stage/$folder"
        ln -s "usr/$folder" "$root/$folder"
    done
    for package in $(packages); do
        dpkg-deb --fsys-tarfile "$cache/packages/${package}"_*.deb |
            tar -x -C "$stage" --keep-directory-symlink --no-same-owner
    done
}

# take PATH: copies a file of the stage, what its links lead to, and the libraries it is linked with.
take() {
    [ ! -e "$root/$1" ] && [ ! -L "$root/$1" ] || return 0
    [ -e "$stage/$1" ] || [ -L "$stage/$1" ] || stop "no package of packages.txt has $1"
    mkdir -p "$root/$(dirname "$1")"
    cp -P "$stage/$1" "$root/$1"
    if [ -L "$stage/$1" ]; then
        case $(readlink "$stage/$1") in
        /*) take "$(readlink "$stage/$1" | sed 's|^/||; s|^\(s\{0,1\}bin\|lib\)|usr/&|')" ;;
        *) take "$(realpath -ms --relative-to="$stage" "$stage/$(dirname "$1")/$(readlink "$stage/$1")")" ;;
        esac
        return 0
    fi
    [ "$(head -c 4 "$stage/$1" | tail -c 3)" = ELF ] || return 0
    for library in $(readelf -d "$stage/$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
        take_library "$library"
    done
}

take_library() {
    for folder in usr/lib/$triplet usr/lib64 usr/lib; do
        if [ -e "$stage/$folder/$1" ]; then
            take "$folder/$1"
            return 0
        fi
    done
    stop "no package of packages.txt has the library $1"
}

# The program interpreter is named with its path of a system in which /lib is a link.
take_interpreter() {
    interpreter=$(readelf -l "$stage/usr/bin/dash" | sed -n 's/.*program interpreter: \/\(.*\)\]/\1/p')
    take "usr/$interpreter"
}

take_files() {
    say "choosing files"
    take_interpreter
    while read -r path; do
        if [ -d "$stage/$path" ]; then
            for file in $(cd "$stage" && find "$path" ! -type d | sort); do take "$file"; done
        else
            take "$path"
        fi
    done <"$here/files.txt"
}

# Text is Debian's licences and Python's sources, machine code is a library: what people compress.
make_data() {
    mkdir -p "$root/bench/data"
    if [ -n "$data" ]; then
        cp "$data"/* "$root/bench/data/"
        return
    fi
    (cd "$stage/usr" && find share/common-licenses lib/python3.13 -type f ! -name '*sysconfigdata*' |
        LC_ALL=C sort | xargs cat) >"$out/text"
    head -c 2M "$out/text" >"$root/bench/data/text"
    head -c 2M "$stage/usr/lib/$triplet/libcrypto.so.3" >"$root/bench/data/code"
}

# The own programs, and the scripts that run all.
add_bench() {
    say "compiling own programs"
    cp -R "$here/Scripts" "$root/bench/scripts"
    cp "$here/workload-helpers.sh" "$here/run-workloads.sh" "$root/bench/"
    cp "$commands" "$root/bench/commands.sh"
    "$compiler" -std=gnu11 -O2 -static -o "$root/bench/programs" "$here"/Programs/*.c -lm ||
        stop "$compiler can not compile the own programs"
}

# Runs the programs of the folder on this host: with their own loader and libraries, not the host's.
make_launchers() {
    mkdir -p "$out/bin"
    for program in "$root"/usr/bin/* "$root"/usr/lib/7zip/7za; do
        name=$(basename "$program")
        cat >"$out/bin/$name" <<LAUNCHER
#!/bin/sh
exec "$root/usr/$interpreter" --library-path "$root/usr/lib/$triplet" --argv0 $name "$program" "\$@"
LAUNCHER
        chmod +x "$out/bin/$name"
    done
    # Static programs need no loader.
    ln -sf "$root/usr/bin/busybox" "$out/bin/busybox"
}

# The kernel itself brings /dev/console, so no device files are needed.
pack() {
    say "packing the initramfs"
    mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$root/etc"
    cp "$here/init" "$root/init"
    chmod 755 "$root/init"
    find "$root" -exec touch -h -d @0 {} +
    (cd "$root" && find . | LC_ALL=C sort | cpio --quiet --reproducible -R 0:0 -H newc -o) |
        gzip -n -6 >"$out/initrd.gz"
}

rm -rf "$out"
mkdir -p "$root" "$stage"
download
unpack
take_files
make_data
add_bench
case $architecture in
riscv64) pack ;;
amd64) make_launchers ;;
esac
rm -rf "$stage"
