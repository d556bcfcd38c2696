// swift-tools-version: 6.2
import PackageDescription

// The layers of Starling, as data. A target may depend on targets of its own layer or of a lower
// one; `starling-dev layers` (run by CI) reads the `layer N` marks below and fails on an arrow that
// points up, on a forbidden import and on a source folder that no target declares.

/// What every Swift target is compiled with.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    // Checked while developing and testing in debug builds; in release builds the checks of class
    // properties cost the slow paths of engines a tenth of their time (measured).
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// A library target in `Sources/<path>` with its tests, if any, in `Tests/<name>Tests`.
func library(_ name: String, path: String? = nil, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(path ?? name)", swiftSettings: strict)
}

func executable(_ name: String, path: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Sources/\(path)", swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude, swiftSettings: strict)
}

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let nio: [Target.Dependency] = ["NIOCore", "NIOPosix", "NIOHTTP1"].map { .product(name: $0, package: "swift-nio") }
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
    name: "Starling",
    products: [
        .executable(name: "starling", targets: ["starling"]),
        .executable(name: "starling-dev", targets: ["starling-dev"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        // layer 0: ground
        .target(name: "CStarling", path: "Sources/CStarling"),
        .systemLibrary(name: "CXXHash", path: "Sources/CXXHash", providers: [.apt(["libxxhash-dev"])]),
        .systemLibrary(name: "CZstd", path: "Sources/CZstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CLzma", path: "Sources/CLzma", providers: [.apt(["liblzma-dev"])]),
        .systemLibrary(name: "CZlib", path: "Sources/CZlib", providers: [.apt(["zlib1g-dev"])]),
        library("HostOS", ["CStarling"]),
        // layer 1: core
        library("MachineCore", ["HostOS", "SoftFloat"]),
        library("SoftFloat", []),
        library("IR", ["MachineCore", "SoftFloat"]),
        library("StateCodec", ["CXXHash"]),
        library("BootFormats", ["CLzma", "CZlib", "CZstd"]),
        library("Pictures", ["CZlib"]),
        // layer 2: instruction sets
        library("RISCV", path: "ISA/RISCV", ["HostOS", "MachineCore", "SoftFloat", "IR"]),
        library("X86", path: "ISA/X86", ["HostOS", "MachineCore", "SoftFloat", "IR"]),
        library("CodegenX86", path: "Codegen/X86_64", ["MachineCore", "SoftFloat", "IR"]),
        // layer 3: leaves
        library("PreciseEngine", path: "Engines/Precise", ["MachineCore"]),
        library(
            "JITEngine", path: "Engines/JIT", ["MachineCore", "HostOS", "SoftFloat", "IR", "CodegenX86"]),
        library("Devices", ["MachineCore"]),
        library("Storage", ["MachineCore", "HostOS", "CZlib", "CZstd"]),
        library("Debug", []),
        // layer 4: boards
        library("VirtRISCV", path: "Boards/VirtRISCV", ["RISCV", "Devices", "BootFormats", "MachineCore", "StateCodec", "HostOS"]),
        library("PC", path: "Boards/PC", ["X86", "Devices", "BootFormats", "MachineCore", "StateCodec", "HostOS"]),
        // layer 5: machine
        library(
            "Machine",
            [
                "CZstd", "IR", "VirtRISCV", "PC", "BootFormats", "PreciseEngine", "JITEngine", "Storage", "Debug", "Devices", "StateCodec",
                "MachineCore", "HostOS", yams,
            ]),
        library("GuestImages", ["HostOS", "StateCodec"]),
        // layer 6: services
        library("ControlAPI", ["Machine", "Pictures", "MachineCore", "HostOS"] + nio),
        // layer 7: executables
        executable(
            "starling", path: "CLI",
            [
                "ControlAPI", "Machine", "GuestImages", "VirtRISCV", "Devices", "Storage", "StateCodec", "MachineCore",
                "HostOS", argumentParser,
            ]),
        executable(
            "starling-dev", path: "DevTools", ["Machine", "VirtRISCV", "MachineCore", "HostOS", argumentParser]),
        // tests
        tests("SoftFloatTests", ["SoftFloat"]),
        tests("StateCodecTests", ["StateCodec"]),
        tests("BootFormatsTests", ["BootFormats"]),
        tests("PicturesTests", ["Pictures"]),
        tests("GuestImagesTests", ["GuestImages"]),
        tests("IRTests", ["IR"]),
        tests("HostOSTests", ["HostOS"]),
        tests("CodegenX86Tests", ["CodegenX86", "MachineCore", "HostOS"]),
        tests("DevicesTests", ["Devices", "StateCodec"]),
        tests("StorageTests", ["Storage"]),
        tests("DebugTests", ["Debug", "HostOS"]),
        tests(
            "RISCVTests",
            [
                "RISCV", "PreciseEngine", "JITEngine", "MachineCore", "StateCodec", "HostOS", "SoftFloat", "IR",
            ]),
        tests(
            "MachineTests",
            [
                "Machine", "VirtRISCV", "PC", "RISCV", "Debug", "Devices", "StateCodec", "MachineCore", "GuestImages",
                "HostOS", yams,
            ], exclude: ["Golden/golden.starling-archive"]),
        tests("X86Tests", ["X86", "JITEngine", "HostOS", "MachineCore", "SoftFloat", "IR"]),
        tests("ControlAPITests", ["ControlAPI", "Machine", "MachineCore", "HostOS", yams]),
        tests("CLITests", ["starling", "GuestImages", "Machine"]),
    ]
)
