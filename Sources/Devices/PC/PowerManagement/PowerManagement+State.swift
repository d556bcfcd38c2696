// What a guest can see of power management, and which of it can be true.
import MachineCore

extension PowerManagement {
    /// The registers. The PM timer is virtual time.
    public struct State: Codable, Equatable, Sendable {
        /// PM1_STS.
        public var status: UInt16 = 0
        /// PM1_EN.
        public var enable: UInt16 = 0
        /// PM1_CNT.
        public var control: UInt32 = 0
        /// GPE0_STS.
        public var eventStatus: UInt64 = 0
        /// GPE0_EN.
        public var eventEnable: UInt64 = 0
        /// SMI_EN.
        public var managementEnable: UInt32 = PowerManagement.commandPortEnable
        /// APM_CNT.
        public var command: UInt8 = 0
        /// APM_STS.
        public var commandStatus: UInt8 = 0
        /// How often the PM timer's highest bit had changed when its carry was last looked at.
        public var timerHalf: UInt64 = 0

        /// The state after power-on.
        public init() {}

        /// The state that firmware leaves to an operating system which finds ACPI on already: for boards that
        /// load one themselves.
        public static var afterFirmware: State {
            var state = State()
            state.control = PowerManagement.Control.enableInterrupt
            return state
        }

        func validate() throws(StateError) {
            guard status & ~Status.all == 0, enable & ~Status.interrupting == 0,
                control & ~Control.stored == 0, managementEnable & PowerManagement.commandPortEnable != 0
            else {
                throw StateError(part: "power management", reason: "a register has impossible bits")
            }
        }
    }
}
