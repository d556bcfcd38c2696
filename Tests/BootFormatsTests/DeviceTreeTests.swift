// Tests of DeviceTreeBlob against dtc, and of what is refused.

import BootFormats
import Testing

/// Runs the device tree compiler.
private func dtc(_ arguments: [String], _ input: [UInt8]) throws -> ToolOutput {
    try run("dtc", package: "device-tree-compiler", arguments + ["-"], input: input)
}

/// The error that reading a blob ends with.
private func failure(
    _ bytes: [UInt8], limits: DeviceTreeBlob.Limits = DeviceTreeBlob.Limits()
) -> DeviceTreeError? {
    do { _ = try DeviceTreeBlob.decode(bytes, limits: limits) } catch { return error }
    return nil
}

/// The error that writing a tree ends with.
private func failure(writing root: DeviceTreeNode) -> DeviceTreeError? {
    do { _ = try DeviceTreeBlob.encode(root) } catch { return error }
    return nil
}

@Suite struct DeviceTreeTests {
    /// A tree with all types of values.
    static let board = DeviceTreeNode(
        "",
        [
            "#address-cells": .cells([2]), "#size-cells": .cells([2]),
            "compatible": .strings(["starling,test", "simple"]), "model": .string("Tést"),
        ],
        children: [
            DeviceTreeNode("chosen", ["bootargs": .string("console=ttyS0"), "stdout-path": .string("/soc/s")]),
            DeviceTreeNode("memory@80000000", [
                "device_type": .string("memory"), "reg": .u64([0x8000_0000, 0x1_0000_0000]),
            ]),
            DeviceTreeNode(
                "soc",
                [
                    "#address-cells": .cells([2]), "#size-cells": .cells([2]),
                    "compatible": .string("simple-bus"), "ranges": .empty,
                ],
                children: [
                    DeviceTreeNode("interrupt-controller@c000000", [
                        "#interrupt-cells": .cells([1]), "#address-cells": .cells([0]),
                        "interrupt-controller": .empty,
                        "phandle": .cells([1]), "reg": .u64([0xc00_0000, 0x40_0000]),
                    ]),
                    DeviceTreeNode("serial@10000000", [
                        "compatible": .string("ns16550a"), "reg": .u64([0x1000_0000, 0x100]),
                        "interrupts": .cells([10]), "interrupt-parent": .cells([1]),
                        "odd-bytes": .bytes([1, 2, 3, 4, 5]),
                    ]),
                ]),
        ])

    static let reservations = [
        DeviceTreeBlob.Reservation(address: 0x8000_0000, size: 0x20_0000),
        DeviceTreeBlob.Reservation(address: 0x1_2345_6789, size: 1),
    ]

    static func blob() throws -> [UInt8] {
        try DeviceTreeBlob.encode(board, reservations: reservations, bootCPU: 3)
    }

    @Test func blobsComeBack() throws {
        let copy = try DeviceTreeBlob.decode(Self.blob())
        #expect(copy.root == Self.board)
        #expect(copy.reservations == Self.reservations)
        #expect(copy.bootCPU == 3)
        // Padding behind the blob, as boot loaders leave it.
        #expect(try DeviceTreeBlob.decode(Self.blob() + [1, 2, 3]) == copy)
        #expect(try DeviceTreeBlob.decode(DeviceTreeBlob.encode(DeviceTreeNode(""))).root == DeviceTreeNode(""))
    }

    @Test func dtcAcceptsOurBlob() throws {
        let source = try dtc(["-I", "dtb", "-O", "dts"], Self.blob())
        #expect(source.status == 0)
        #expect(source.errors == "")
        #expect(source.text.contains("bootargs = \"console=ttyS0\";"))
        #expect(source.text.contains("/memreserve/\t0x0000000123456789 0x0000000000000001;"))
        #expect(source.text.contains("reg = <0x00 0x80000000 0x01 0x00>;"))
        let recompiled = try dtc(["-I", "dts", "-O", "dtb", "-b", "3"], source.output)
        #expect(recompiled.status == 0)
        #expect(try DeviceTreeBlob.decode(recompiled.output) == DeviceTreeBlob.decode(Self.blob()))
    }

    private static let source = """
        /dts-v1/;
        /memreserve/ 0x1000 0x2000;
        / {
            #address-cells = <1>;
            #size-cells = <1>;
            empty;
            mixed = <1 0xffffffff>, "text", [00 ff 7f];
            wide = /bits/ 64 <0x1122334455667788>;
            a: cpu@0 { reg = <0 4>; next = <&b>; };
            b: cpu@1 { reg = <1 4>; path = &a; child { deep { deeper { x; }; }; }; };
        };
        """

    @Test(arguments: [[], ["-S", "4096"], ["-p", "100"], ["-R", "8"], ["-@"]])
    func weReadWhatDtcMakes(options: [String]) throws {
        let made = try dtc(["-I", "dts", "-O", "dtb", "-b", "7"] + options, Array(Self.source.utf8))
        #expect(made.status == 0, "\(made.errors)")
        let blob = try DeviceTreeBlob.decode(made.output)
        #expect(blob.bootCPU == 7)
        #expect(blob.reservations == [DeviceTreeBlob.Reservation(address: 0x1000, size: 0x2000)])
        #expect(blob.root["empty"] == .empty)
        #expect(blob.root["mixed"] == .bytes(
            [0, 0, 0, 1, 255, 255, 255, 255] + Array("text\0".utf8) + [0, 255, 127]))
        #expect(blob.root["wide"]?.u64Values == [0x1122_3344_5566_7788])
        #expect(blob.root.node(at: "/cpu@1")?["path"]?.texts == ["/cpu@0"])
        #expect(blob.root.node(at: "cpu@1/child/deep/deeper")?["x"] == .empty)
        #expect(blob.root.node(at: "cpu@0")?["next"]?.cells == blob.root.child("cpu@1")?["phandle"]?.cells)
        // Written again, dtc sees the same tree.
        let ours = try DeviceTreeBlob.encode(
            blob.root, reservations: blob.reservations, bootCPU: blob.bootCPU)
        let text = try dtc(["-I", "dtb", "-O", "dts"], made.output).text
        #expect(try dtc(["-I", "dtb", "-O", "dts"], ours).text == text)
    }

    @Test func oldVersionsAreRefused() throws {
        let made = try dtc(["-I", "dts", "-O", "dtb", "-V", "16"], Array(Self.source.utf8))
        #expect(failure(made.output) == .unsupportedVersion(version: 16, lastCompatible: 16))
    }

    @Test func valuesReadAsTheirTypes() {
        #expect(DeviceTreeValue.cells([1, 0x0203_0405]).bytes == [0, 0, 0, 1, 2, 3, 4, 5])
        #expect(DeviceTreeValue.u64([1 << 32]).cells == [1, 0])
        #expect(DeviceTreeValue.strings(["a", "", "b"]).texts == ["a", "", "b"])
        #expect(DeviceTreeValue.string("a\0b").texts == ["a"])
        #expect(DeviceTreeValue.strings([]) == .empty)
        #expect(DeviceTreeValue.bytes([1, 2, 3]).cells == nil)
        #expect(DeviceTreeValue.cells([1]).u64Values == nil)
        #expect(DeviceTreeValue.bytes([65]).texts == nil)
        #expect(DeviceTreeValue.bytes([0xff, 0]).texts == nil)
        #expect(DeviceTreeValue.empty.texts == nil)
    }

    @Test func propertiesAreSetAndRemoved() {
        var node = DeviceTreeNode("n", ["a": .cells([1]), "b": .empty])
        node["a"] = .cells([2])
        node["c"] = .string("x")
        node["b"] = nil
        node["d"] = nil
        #expect(node.properties.map(\.name) == ["a", "c"])
        #expect(node["a"]?.cells == [2])
    }

    @Test func namesAreChecked() {
        for name in ["", "a b", "a/b", "a\0", "é", "a@", "a@1@2", "@1", String(repeating: "n", count: 32)] {
            let root = DeviceTreeNode("", children: [DeviceTreeNode("x", children: [DeviceTreeNode(name)])])
            #expect(failure(writing: root) == .invalidName(name, path: "/x"))
        }
        for name in ["", "a b", "a@1", "a\0", String(repeating: "p", count: 32)] {
            var root = DeviceTreeNode("")
            root[name] = .empty
            #expect(failure(writing: root) == .invalidName(name, path: "/"))
        }
        #expect(failure(writing: DeviceTreeNode("root")) != nil)
        let twins = DeviceTreeNode("", children: [DeviceTreeNode("x"), DeviceTreeNode("x")])
        #expect(failure(writing: twins) == .duplicate("x", path: "/"))
        var double = DeviceTreeNode("", ["p": .empty])
        double.properties.append(DeviceTreeProperty("p", .empty))
        #expect(failure(writing: double) == .duplicate("p", path: "/"))
    }

    @Test func depthIsBoundedBothWays() throws {
        func tower(_ height: Int) -> DeviceTreeNode {
            let top = (1..<height).reduce(DeviceTreeNode("n")) { node, _ in
                DeviceTreeNode("n", children: [node])
            }
            return DeviceTreeNode("", children: [top])
        }
        #expect(failure(writing: tower(63)) == nil)
        #expect(failure(writing: tower(64)) != nil)
        let deep = DeviceTreeBlob.Limits(maximumDepth: 200)
        let blob = try DeviceTreeBlob.encode(tower(100), limits: deep)
        #expect(failure(blob) == .limitExceeded(what: "the depth of the device tree", limit: 64))
        #expect(failure(blob, limits: deep) == nil)
        #expect(failure(writing: DeviceTreeNode("", ["p": .bytes(Array(repeating: 0, count: 3 << 20))])) != nil)
    }

    /// The words of the structure block of the smallest tree with one property, changed one by one.
    @Test func structureIsChecked() throws {
        let blob = try DeviceTreeBlob.encode(DeviceTreeNode("", ["p": .cells([5])]))
        // Header 40 bytes, one reservation 16: begin, name, property, length, name, value, end, end.
        let structure = 56
        #expect(blob.count == structure + 32 + 2)
        let cases: [(Int, UInt32)] = [
            (0, 2), (0, 9), (1, 0x6100_0000), (2, 7), (3, 5), (3, .max), (3, 100), (4, 2), (4, .max), (6, 9),
            (6, 4), (7, 2), (7, 4),
        ]
        for (word, value) in cases {
            #expect(failure(blob.with(value.bigEndian, at: structure + word * 4)) != nil, "\(word): \(value)")
        }
        #expect(failure(blob.with(UInt32(0).bigEndian, at: structure + 12)) != nil)
        for (field, value) in [(0, UInt32(0)), (1, .max), (2, 57), (2, .max), (3, .max), (4, 44), (4, .max),
            (5, 16), (6, 18), (8, 1), (8, .max), (9, 28), (9, 36), (9, .max)] {
            #expect(failure(blob.with(value.bigEndian, at: field * 4)) != nil, "field \(field): \(value)")
        }
        for count in 0..<blob.count {
            #expect(failure(Array(blob.prefix(count))) != nil, "\(count) bytes")
        }
        // No-operations between tokens are skipped.
        var padded = Array(blob[..<structure])
        for word in stride(from: structure, to: structure + 32, by: 4) {
            if [0, 8, 24, 28].contains(word - structure) { padded += [0, 0, 0, 4] }
            padded += blob[word..<(word + 4)]
        }
        padded += blob[(structure + 32)...]
        for (field, value) in [(1, padded.count), (3, padded.count - 2), (9, 48)] {
            padded.put(UInt32(value).bigEndian, at: field * 4)
        }
        #expect(try DeviceTreeBlob.decode(padded).root["p"]?.cells == [5])
    }

    @Test func propertiesComeBeforeChildren() throws {
        let tree = DeviceTreeNode("", ["p": .empty], children: [DeviceTreeNode("n")])
        let blob = try DeviceTreeBlob.encode(tree)
        // begin, name | property, length, name | begin, name, end | end, end
        let words = stride(from: 56, to: 96, by: 4).map { Array(blob[$0..<($0 + 4)]) }
        let swapped = words[..<2] + words[5..<8] + words[2..<5] + words[8...]
        #expect(failure(blob[..<56] + swapped.flatMap { $0 } + blob[96...]) == .malformed(
            offset: 80, why: "a property follows a child node"))
    }

    @Test func damageNeverCrashes() throws {
        var blob = try Self.blob()
        var generator = SeededGenerator(state: 31)
        var refused = 0
        for _ in 0..<20_000 {
            let undo = generator.damage(&blob, headerByteCount: 56)
            if let copy = try? DeviceTreeBlob.decode(blob) {
                // What was read can be written, unless a name grew.
                _ = try? DeviceTreeBlob.encode(copy.root, reservations: copy.reservations)
            } else {
                refused += 1
            }
            SeededGenerator.repair(&blob, undo)
        }
        #expect(refused > 1000)
        for _ in 0..<5_000 {
            var random = Array(blob.prefix(56))
            for _ in 0..<40 {
                let tokens: [UInt8] = [1, 2, 3, 4, 9, 0, 8, 97]
                random += [0, 0, 0, tokens.randomElement(using: &generator) ?? 0]
            }
            for (field, value) in [(1, 216), (2, 56), (3, 200), (4, 40), (8, 16), (9, 144)] {
                random.put(UInt32(value).bigEndian, at: field * 4)
            }
            _ = failure(random)
        }
    }
}
