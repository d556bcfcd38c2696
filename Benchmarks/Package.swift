// swift-tools-version: 6.2
import PackageDescription

// A package of its own: the benchmark runs the built command like a user does and shares no code with it.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "Benchmarks",
    products: [.executable(name: "starling-bench", targets: ["starling-bench"])],
    targets: [
        .executableTarget(name: "starling-bench", swiftSettings: strict),
        .testTarget(name: "starling-benchTests", dependencies: ["starling-bench"], swiftSettings: strict),
    ]
)
