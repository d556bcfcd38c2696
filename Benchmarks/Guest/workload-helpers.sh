# What the commands of the workloads are written with; $root is the guest's root folder.
data=$root/bench/data
scripts=$root/bench/scripts

# repeat COUNT COMMAND...
repeat() {
    repeats=$1
    shift
    while [ "$repeats" -gt 0 ]; do
        "$@" || return 1
        repeats=$((repeats - 1))
    done
}

# COUNT KiB to compress: half text, half machine code
mixture() {
    head -c "$(($1 * 512))" "$data/text"
    head -c "$(($1 * 512))" "$data/code"
}

# COUNT times the whole text
texts() { repeat "$1" cat "$data/text"; }

own() { "$root/bench/programs" "$@"; }

# One method of stress-ng's cpu test, which checks its own results: stress METHOD OPERATIONS
stress() { stress-ng --quiet --verify --temp-path . --cpu 1 --cpu-method "$1" --cpu-ops "$2"; }

python() {
    PYTHONHOME=$root/usr PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 python3.13 -S "$@"
}

# A prime of 1024 bits, as in an RSA-2048 key
prime1024=C6FA70E737660D7F907CAF3E26F9ADB9BF774425ED91B726F51B0D17887A52BFA76EDCC33318AAE289514AAC5F2F94819C005C0CEBBCEC1E29244BE7A17EAB37BC4415628191125C8D2865C8EC978EBEA902E118CA8240C2D05B1C27CE584FB1FEAF1ABD975E4C2B4D40E5CCE5608325737A66FB8E58CB62FA9F897A073969AB
