// The list of what is measured. A new line here is a new workload.

extension Workload {
    /// All workloads, in the order in which they run and are shown.
    static let all = integer + floatingPoint + system

    static let integer = [
        Workload("openssl-sha256", .integer, full: 12, quick: 3, "texts $N | openssl dgst -sha256"),
        Workload(
            "openssl-aes", .integer, full: 7,
            "texts $N | openssl enc -aes-128-cbc -K 000102030405060708090a0b0c0d0e0f -iv 00 | md5sum"),
        // The half of an RSA-2048 signature: powers modulo a number of 1024 bits.
        Workload(
            "openssl-rsa", .integer, full: 3, quick: 1, "openssl prime -hex $(repeat $N echo $prime1024)"),
        Workload(
            "7zip", .integer, full: 2400,
            "mixture $N >in; 7za a -bd -mmt1 -mx=3 -mtm- out.7z in >log; cat out.7z"),
        Workload("xz", .integer, full: 1800, quick: 300, "mixture $N | xz -T1 -3 -c"),
        Workload("zstd", .integer, full: 3600, quick: 700, "mixture $N | zstd -q --single-thread -8 -c"),
        Workload("gzip", .integer, full: 4000, "for i in 1 2; do mixture $N | gzip -n -6 -c; done"),
        Workload(
            "sqlite", .integer, full: 50000, quick: 8000,
            "sqlite3 -cmd \".param set :rows $N\" <$scripts/orders.sql"),
        Workload("python", .integer, full: 35, quick: 4, "python $scripts/objects.py $N"),
        Workload(
            "perl", .integer, full: 1300, quick: 200, "head -c ${N}K $data/text | perl $scripts/words.pl"),
        Workload(
            "sort", .integer, full: 2000,
            "head -c ${N}K $data/text | tr -cs A-Za-z '\\n' | sort --parallel=1 | uniq -c "
                + "| sort -k1,1nr -k2"),
        Workload(
            "dash", .integer, full: 60000,
            "i=0 s=0; while [ $i -lt $N ]; do s=$(((s * 31 + i) & 65535)) i=$((i + 1)); done; echo $s"),
        Workload("core-mix", .integer, full: 10000, quick: 2500, "own core-mix $N"),
        Workload("hash-table", .integer, full: 9_000_000, "own hash-table $N"),
        Workload("memory-copy", .integer, full: 1500, quick: 400, "own memory-copy $N"),
        Workload("pointer-chase", .integer, full: 3_000_000, "own pointer-chase $N"),
        Workload("stress-int64", .integer, full: 350, quick: 40, "stress int64 $N"),
        Workload("stress-crc16", .integer, full: 700, "stress crc16 $N"),
        Workload("stress-queens", .integer, full: 600, "stress queens $N"),
    ]

    static let floatingPoint = [
        Workload("nbody", .floatingPoint, full: 600_000, quick: 120_000, sameOnHost: false, "own nbody $N"),
        Workload("mandelbrot", .floatingPoint, full: 800, quick: 400, sameOnHost: false, "own mandelbrot $N"),
        Workload("linpack", .floatingPoint, full: 40, quick: 10, sameOnHost: false, "own linpack $N"),
        Workload(
            "transcendental", .floatingPoint, full: 1_000_000, sameOnHost: false, "own transcendental $N"),
        Workload("filter-single", .floatingPoint, full: 3500, sameOnHost: false, "own filter-single $N"),
        Workload(
            "mawk", .floatingPoint, full: 180, sameOnHost: false, "mawk -v size=$N -f $scripts/mandelbrot.awk"
        ),
        Workload("stress-float", .floatingPoint, full: 130, quick: 30, "stress float $N"),
        Workload("stress-double", .floatingPoint, full: 130, "stress double $N"),
        Workload("stress-matrix", .floatingPoint, full: 9, quick: 2, "stress matrixprod $N"),
        Workload("stress-fft", .floatingPoint, full: 80, quick: 20, "stress fft $N"),
    ]

    static let system = [
        Workload("fork-exec", .system, full: 250, quick: 60, "own fork-exec $N"),
        Workload("system-calls", .system, full: 1_200_000, quick: 300_000, "own system-calls $N"),
        Workload("pipe-ping-pong", .system, full: 6000, quick: 1500, "own pipe-ping-pong $N"),
        Workload("page-faults", .system, full: 600, quick: 120, "own page-faults $N"),
        Workload("signals", .system, full: 7000, "own signals $N"),
        Workload(
            "small-reads", .system, full: 50000, "dd if=/dev/zero of=/dev/null bs=1 count=$N status=none"),
    ]
}
