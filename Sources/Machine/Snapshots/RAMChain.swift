// The RAM of a snapshot, put together from its layers.
import HostOS

/// Where each byte of a snapshot's RAM is: in one of the open layer files, or nowhere because it is zero.
///
/// The files stay usable as long as the chain, or a mapping made from it, lives, even when the snapshots
/// are removed. Any number of machines may be mapped from the same files at the same time.
public struct RAMChain: Sendable {
    /// A range of RAM that is contiguous in one file.
    struct Run: Equatable, Sendable {
        var ramOffset: UInt64
        var byteCount: UInt64
        var layer: Int
        var fileOffset: UInt64
    }

    /// More layers than this are merged into one when a snapshot is committed: each is an open file while RAM
    /// is mapped, and takes part of the time.
    public static let maximumLayerCount = 64
    /// So are layers whose chunks alternate in more runs: each is a mapping, which takes Linux some 5
    /// microseconds, and a restore shall take less than a tenth of a second.
    static let maximumRunCount = 12288

    /// How RAM is divided.
    public let layout: RAMLayout
    /// The layers, the snapshot's own first.
    let layers: [RAMLayer]
    /// What is not zero, ascending.
    let runs: [Run]

    /// Puts together the RAM of a snapshot.
    /// - Parameters:
    ///   - manifest: the snapshot's.
    ///   - load: finds manifest and layer of an ancestor.
    /// - Throws: what `load` throws, and `SnapshotError.damaged`.
    init(
        _ manifest: SnapshotManifest, _ layer: RAMLayer,
        load: (SnapshotID) throws(SnapshotError) -> (SnapshotManifest, RAMLayer)
    ) throws(SnapshotError) {
        layout = layer.layout
        var layers = [layer]
        var (oldest, resolver) = (manifest, Resolver(layout))
        while resolver.add(layers[layers.count - 1]) > 0 {
            guard let parent = oldest.parent, layers.count < Self.maximumLayerCount else {
                throw .damaged(path: layer.file.path, why: "it lacks chunks that no other snapshot has")
            }
            let (manifest, layer) = try load(parent)
            guard layer.layout == layout else {
                throw .damaged(path: layer.file.path, why: "its size of RAM is not that of its descendants")
            }
            layers.append(layer)
            oldest = manifest
        }
        self.layers = layers
        runs = resolver.runs()
    }

    /// How many bytes of RAM are not known to be zero.
    public var storedByteCount: UInt64 { runs.reduce(0) { $0 + $1.byteCount } }

    /// Puts together layers that are known to be complete, the youngest first.
    init(_ layers: [RAMLayer], layout: RAMLayout) {
        var resolver = Resolver(layout)
        for layer in layers { _ = resolver.add(layer) }
        self.layout = layout
        self.layers = layers
        runs = resolver.runs()
    }

    /// Makes `memory` show the snapshot's RAM: pages are read when they are first touched and copied when
    /// they are first written; nothing is ever written to the files. What was there before is gone.
    ///
    /// Chunks are not compared with their checksums here, which would mean to read all of them:
    /// `SnapshotStore.verify` does that. Sizes are, so that every mapped page has a file behind it.
    /// - Parameter usesHugePages: for the ranges that are zero.
    /// - Throws: `SnapshotError.host`, also when `memory` has another size; after other errors the contents
    ///   of `memory` are undefined.
    public func map(into memory: MemoryMapping, usesHugePages: Bool = true) throws(SnapshotError) {
        guard memory.byteCount == layout.ramByteCount else {
            let operation = "map \(layout.ramByteCount) bytes of RAM over \(memory.byteCount)"
            throw .host(HostError(operation, code: HostError.Code.invalidArgument))
        }
        try SnapshotError.wrapping { () throws(HostError) in
            try memory.mapZeros(count: memory.byteCount, at: 0, usesHugePages: usesHugePages)
            for run in runs {
                let file = layers[run.layer].file
                try memory.map(file, at: run.fileOffset, count: run.byteCount, to: run.ramOffset)
            }
        }
    }

    /// Reads all stored chunks of all layers and compares them with their checksums.
    func verifyChunks() throws(SnapshotError) {
        for layer in layers { try layer.verifyChunks() }
    }

    /// Compares the checksums of the layers that nobody has compared since they were written.
    /// - Throws: as `verifyChunks`.
    func verifyOnce() throws(SnapshotError) {
        for layer in layers {
            try VerificationMark.verifyOnce(layer.file) { () throws(SnapshotError) in try layer.verifyChunks() }
        }
    }
}

/// Finds the youngest layer that has each chunk.
private struct Resolver {
    private let layout: RAMLayout
    /// The layer of each chunk; -1: not found yet, -2: zero.
    private var layers: [Int]
    private var positions: [UInt64]
    private var open: Int
    private var layerCount = 0

    init(_ layout: RAMLayout) {
        self.layout = layout
        layers = Array(repeating: -1, count: layout.chunkCount)
        positions = Array(repeating: 0, count: layout.chunkCount)
        open = layout.chunkCount
    }

    /// Adds a layer below the others; returns how many chunks are still to be found.
    mutating func add(_ layer: RAMLayer) -> Int {
        for (chunk, position) in layer.storedChunks() where layers[chunk] == -1 {
            layers[chunk] = layerCount
            positions[chunk] = position
            open -= 1
        }
        let zero = RAMChunkKind.zero.rawValue
        for chunk in 0..<layers.count where layer.kinds[chunk] == zero && layers[chunk] == -1 {
            layers[chunk] = -2
            open -= 1
        }
        layerCount += 1
        return open
    }

    /// Neighbours in RAM that are neighbours in one file are one run.
    func runs() -> [RAMChain.Run] {
        var runs: [RAMChain.Run] = []
        for chunk in 0..<layers.count where layers[chunk] >= 0 {
            let range = layout.range(of: chunk)
            let (layer, position) = (layers[chunk], positions[chunk])
            if let last = runs.last, last.layer == layer, last.ramOffset + last.byteCount == range.lowerBound,
                last.fileOffset + last.byteCount == position
            {
                runs[runs.count - 1].byteCount += UInt64(range.count)
            } else {
                let count = UInt64(range.count)
                runs.append(
                    .init(ramOffset: range.lowerBound, byteCount: count, layer: layer, fileOffset: position))
            }
        }
        return runs
    }
}
