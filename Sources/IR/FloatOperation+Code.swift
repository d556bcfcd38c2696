// Floating-point operations as small numbers and as names.
import MachineCore
import SoftFloat

extension FloatOperation {
    /// All operations; the index is the `irCode`.
    static let irTable: [(name: String, operation: FloatOperation)] = makeTable()

    private static let names = Dictionary(
        uniqueKeysWithValues: irTable.enumerated().map { ($0.element.name, UInt16($0.offset)) })

    private static func makeTable() -> [(name: String, operation: FloatOperation)] {
        let formats: [(String, FloatFormat)] = [("single", .single), ("double", .double)]
        let integers: [(String, FloatInteger)] = [
            ("signed32", .signed32), ("unsigned32", .unsigned32),
            ("signed64", .signed64), ("unsigned64", .unsigned64),
        ]
        var rows: [(name: String, operation: FloatOperation)] = []
        for (format, f) in formats {
            rows += [
                ("add.\(format)", .add(f)), ("subtract.\(format)", .subtract(f)),
                ("multiply.\(format)", .multiply(f)), ("divide.\(format)", .divide(f)),
                ("square.root.\(format)", .squareRoot(f)), ("multiply.add.\(format)", .multiplyAdd(f)),
                ("minimum.\(format)", .minimum(f)), ("maximum.\(format)", .maximum(f)),
                ("equal.\(format)", .isEqual(f)), ("less.\(format)", .isLess(f)),
                ("less.or.equal.\(format)", .isLessOrEqual(f)), ("classify.\(format)", .classify(f)),
                ("convert.to.\(format)", .convert(to: f)),
            ]
            for (integer, i) in integers {
                rows.append(("\(format).from.\(integer)", .fromInteger(i, to: f)))
                rows.append(("\(format).to.\(integer)", .toInteger(i, from: f)))
            }
        }
        return rows
    }

    /// The number of the operation in the detail field of a `float` instruction. A name for use inside
    /// one process: it changes when operations are added.
    ///
    /// Computed, not looked up: the builder asks for every floating-point instruction. The order is
    /// that of `makeTable`, and a test compares the two.
    public var irCode: UInt16 {
        switch self {
        case .add(let format): Self.code(0, format)
        case .subtract(let format): Self.code(1, format)
        case .multiply(let format): Self.code(2, format)
        case .divide(let format): Self.code(3, format)
        case .squareRoot(let format): Self.code(4, format)
        case .multiplyAdd(let format): Self.code(5, format)
        case .minimum(let format): Self.code(6, format)
        case .maximum(let format): Self.code(7, format)
        case .isEqual(let format): Self.code(8, format)
        case .isLess(let format): Self.code(9, format)
        case .isLessOrEqual(let format): Self.code(10, format)
        case .classify(let format): Self.code(11, format)
        case .convert(to: let format): Self.code(12, format)
        case .fromInteger(let kind, to: let format): Self.code(13 + 2 * UInt16(kind.rawValue), format)
        case .toInteger(let kind, from: let format): Self.code(14 + 2 * UInt16(kind.rawValue), format)
        }
    }

    /// The result of the operation with this code has no bits above its lowest 32: a single, a truth or a
    /// class mask. (Integers converted from a single are sign-extended.)
    static func fitsInWord(irCode: UInt16) -> Bool {
        let isToInteger = irCode % 21 >= 14 && irCode % 21 % 2 == 0
        let isTruthOrClass = (8...11).contains(irCode % 21)
        return isTruthOrClass || (irCode < 21 && !isToInteger)
    }

    /// Number `index` of the 21 operations on `format`.
    private static func code(_ index: UInt16, _ format: FloatFormat) -> UInt16 {
        format == .single ? index : 21 + index
    }

    /// The operation with number `irCode`, if there is one.
    public init?(irCode: UInt16) {
        guard Int(irCode) < Self.irTable.count else { return nil }
        self = Self.irTable[Int(irCode)].operation
    }

    /// The number of the operation called `name` in the text form.
    static func irCode(named name: String) -> UInt16? { names[name] }
}
