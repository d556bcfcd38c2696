// A target description: the registers of a CPU, in groups that debuggers know.

/// What a debugger learns about a CPU (GDB manual, "Target Descriptions").
public struct TargetDescription: Equatable, Sendable {
    /// The architecture in the debugger's words, for example `riscv:rv64`.
    public var architecture: String
    /// The operating system's conventions in the debugger's words; nil leaves them to the debugger.
    /// `none` suits a whole machine: a debugger built for Linux would otherwise step with breakpoints.
    public var conventions: String?
    public var features: [Feature]

    /// A description with an architecture and features in the debugger's words.
    public init(architecture: String, conventions: String? = "none", features: [Feature]) {
        self.architecture = architecture
        self.conventions = conventions
        self.features = features
    }

    /// A set of registers with a name that the debugger knows.
    public struct Feature: Equatable, Sendable {
        /// For example `org.gnu.gdb.riscv.cpu` (GDB manual, "Standard Target Features").
        public var name: String
        /// Types of its own that its registers have.
        public var types: [ComposedType]
        public var registers: [Register]

        /// A feature with its types, each of which uses only earlier ones, and its registers.
        public init(_ name: String, types: [ComposedType] = [], registers: [Register]) {
            self.name = name
            self.types = types
            self.registers = registers
        }
    }

    /// A register.
    public struct Register: Equatable, Sendable {
        /// Its name in the debugger's words, in lower case.
        public var name: String
        /// Its number in packets, from 0 up.
        public var number: Int
        /// A multiple of 8.
        public var bitSize: Int
        /// A type of the feature's own or one that the debugger knows, for example `int`, `code_ptr`,
        /// `data_ptr` or `ieee_double` (GDB manual, "Predefined Target Types").
        public var type: String
        /// Which `info registers GROUP` shows it: `general`, `float`, `vector`, `system` or another
        /// name; nil leaves it to the debugger.
        public var group: String?

        /// A register with its name, number from 0 up and size in bits, a multiple of 8.
        public init(_ name: String, number: Int, bitSize: Int, type: String = "int", group: String? = nil) {
            self.name = name
            self.number = number
            self.bitSize = bitSize
            self.type = type
            self.group = group
        }

        /// Its size in packets.
        var byteCount: Int { max(0, bitSize / 8) }
    }

    /// A type made of others (GDB manual, "Target Description Format: Types").
    public enum ComposedType: Equatable, Sendable {
        /// Several views of the same bits.
        case union(String, fields: [Field])
        /// `count` elements of one type, from 1 up.
        case vector(String, of: String, count: Int)
    }

    /// A view of a union.
    public struct Field: Equatable, Sendable {
        public var name: String
        public var type: String

        /// A view with the name of its type.
        public init(_ name: String, type: String) {
            self.name = name
            self.type = type
        }
    }
}
