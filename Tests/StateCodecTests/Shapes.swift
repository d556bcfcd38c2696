// Values of many shapes, and the helpers that the tests of StateCodec share.

import StateCodec

/// Encodes and decodes, strictly.
func roundTrip<Value: Codable>(_ value: Value) throws -> Value {
    try StateDecoder().decode(Value.self, from: StateEncoder().encode(value))
}

/// The encoded form.
func encoded(_ value: some Encodable) throws -> [UInt8] {
    try StateEncoder().encode(value)
}

/// Every kind of field that a device's state may have.
struct Everything: Codable, Equatable {
    enum Mode: String, Codable, Equatable { case idle, busy }

    enum Event: Codable, Equatable {
        case none
        case data(byte: UInt8, time: UInt64)
        case text(String)
    }

    struct Inner: Codable, Equatable {
        var x: Int16 = -7
        var bytes: [UInt8] = [1, 2, 3]
        var nothing: Int?
    }

    var flag = true
    var i8: Int8 = .min
    var i16: Int16 = .min
    var i32: Int32 = .min
    var i64: Int64 = .min
    var int = -1
    var u8: UInt8 = .max
    var u16: UInt16 = .max
    var u32: UInt32 = .max
    var u64: UInt64 = .max
    var uint: UInt = 0
    var float: Float = -0.0
    var double = 0.1
    var text = "für \u{1F680} \0 Zeile\n"
    var bytes: [UInt8] = Array(0...255)
    var words: [UInt64] = [0, 1, .max, 1 << 63]
    var halfWords: [UInt16] = [0, 1, 0xffff]
    var present: Int? = 5
    var absent: Int?
    var optionals: [Int?] = [1, nil, 3]
    var byName: [String: Inner] = ["b": Inner(), "a": Inner(x: 9)]
    var byNumber: [Int: String] = [-3: "x", 10: "y", 9: "z"]
    var byWord: [UInt64: [UInt8]] = [1 << 60: [1], 2: []]
    var numbers: Set<Int> = [5, 3, -1, 700, 12]
    var mode = Mode.busy
    var events: [Event] = [.none, .data(byte: 3, time: .max), .text("t")]
    var inner = Inner()
    var nested: [[Int]] = [[], [1], [2, 3]]
    var emptyWords: [UInt64] = []
    var range = 3..<9
}

/// A class and its superclass, which Codable keeps apart by `superEncoder`.
class Base: Codable {
    var base = 1
}

final class Derived: Base {
    var derived = 2

    private enum CodingKeys: CodingKey { case derived }

    override init() {
        super.init()
    }

    required init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        derived = try container.decode(Int.self, forKey: .derived)
        try super.init(from: container.superDecoder())
    }

    override func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(derived, forKey: .derived)
        try super.encode(to: container.superEncoder())
    }
}

/// A type that writes nested containers by hand.
struct ByHand: Codable, Equatable {
    var left = [1, 2]
    var right = "r"

    private enum CodingKeys: CodingKey { case list, fields }
    private enum FieldKeys: CodingKey { case right }

    init(left: [Int] = [1, 2], right: String = "r") {
        self.left = left
        self.right = right
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        var list = try container.nestedUnkeyedContainer(forKey: .list)
        left = []
        while !list.isAtEnd { left.append(try list.decode(Int.self)) }
        let fields = try container.nestedContainer(keyedBy: FieldKeys.self, forKey: .fields)
        right = try fields.decode(String.self, forKey: .right)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        var list = container.nestedUnkeyedContainer(forKey: .list)
        var fields = container.nestedContainer(keyedBy: FieldKeys.self, forKey: .fields)
        // In turns, so that a container must survive that its neighbour grows.
        for element in left { try list.encode(element) }
        try fields.encode(right, forKey: .right)
    }
}

/// A list as deep as the caller likes.
indirect enum Chain: Codable, Equatable {
    case end
    case link(Chain)

    static func of(_ length: Int) -> Chain {
        (0..<length).reduce(.end) { chain, _ in .link(chain) }
    }
}

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
