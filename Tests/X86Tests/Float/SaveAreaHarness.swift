// Save areas on the host's own CPU.

@testable import X86

/// An area to restore from, over some state, and the components to save afterwards.
struct SaveAreaCase {
    let before: [UInt64]
    let area: [UInt64]
    let restored: UInt64
    let saved: UInt64

    init(_ random: inout SplitMix) {
        func image(_ random: inout SplitMix) -> [UInt64] {
            while true {
                // No exception that waits.
                let test = FloatCase(&random, [0xd9, 0xe8, 0])
                if let test, test.image[0] >> 16 & 0x80 == 0 { return test.image }
            }
        }
        before = image(&random)
        area = image(&random) + [UInt64(random.below(4))] + [UInt64](repeating: 0, count: 7)
        restored = UInt64(random.below(4))
        saved = UInt64(random.below(4))
    }

    var summary: String { "restored \(restored) of \(area[64]), saved \(saved)" }
}

enum SaveAreaHarness {
    /// What areas hold before they are written.
    static let filler = (0..<72).map { $0 < 64 ? 0xaaaa_aaaa_aaaa_aaaa : $0 == 64 ? 3 : 0 as UInt64 }
    static let parts: [(String, Range<Int>)] = [("fxsave", 0..<64), ("xsave", 64..<136), ("xsaveopt", 136..<208)]

    /// The pointers to the last operation are left out, and the bit of MXCSR that only some processors have.
    static func mask(_ word: Int) -> UInt64 {
        switch word {
        case 0: 0xffff_ffff_ffff
        case 1, 2: 0
        case 3: ~(1 << 49)
        default: .max
        }
    }

    private static let source = """
        #include <stdint.h>
        #include <stdio.h>
        #include <string.h>
        typedef uint64_t u64;
        static u64 in[138], out[208];
        static __attribute__((aligned(64))) u64 before[64], area[104];
        static void fill(void) {
            memset(area, 0xaa, 512);
            memset(area + 64, 0, 64);
            area[64] = 3;
        }
        int main(void) {
            while (fread(in, 8, 138, stdin) == 138) {
                memcpy(before, in, 512);
                memcpy(area, in + 64, 576);
                __asm__ volatile("fxrstor64 %0\\nxrstor64 %1" :: "m"(before), "m"(area), "a"((int)in[136]), "d"(0));
                /* From here to the end no code may touch the registers that are looked at. */
                static __attribute__((aligned(64))) u64 image[3][104];
                __asm__ volatile(
                    "fxsave64 %0\\nxsave64 %1\\nxsaveopt64 %2\\nfninit"
                    : "+m"(image[0]), "+m"(image[1]), "+m"(image[2]) : "a"((int)in[137]), "d"(0));
                memcpy(out, image[0], 512);
                memcpy(out + 64, image[1], 576);
                memcpy(out + 136, image[2], 576);
                for (int i = 0; i < 3; i++) { fill(); memcpy(image[i], area, 576); }
                if (in[135] != 1) fwrite(out, 8, 208, stdout);
            }
            return 0;
        }
        """

    static func run(_ cases: [SaveAreaCase]) throws -> [[UInt64]] {
        let tools = try HostTools()
        defer { tools.remove() }
        try tools.write(source, to: "harness.c")
        let options = ["-O1", "-mxsave", "-mgeneral-regs-only", "-fno-builtin", "-o", "harness", "harness.c"]
        try tools.run("/usr/bin/gcc", package: "gcc", options)
        var input: [UInt8] = []
        // The first case only fills the areas.
        for (index, test) in ([cases[0]] + cases).enumerated() {
            var words = test.before + test.area + [test.restored, test.saved]
            words[135] = index == 0 ? 1 : 0
            for word in words { withUnsafeBytes(of: word.littleEndian) { input += $0 } }
        }
        try tools.write(input, to: "cases")
        try tools.run(tools.path("harness"), package: "gcc", [], input: "cases", output: "results")
        let bytes = try tools.read("results")
        guard bytes.count == cases.count * 208 * 8 else {
            throw HostTools.Failure(description: "the harness gave \(bytes.count) bytes")
        }
        return bytes.withUnsafeBytes { buffer in
            (0..<cases.count).map { number in
                (0..<208).map { buffer.loadUnaligned(fromByteOffset: (number * 208 + $0) * 8, as: UInt64.self) }
            }
        }
    }
}
