// Which PIRQ the INTx wires of the PC's PCI bus end at: for the bridge, and for ACPI's tables.

/// The wiring between functions and the eight PIRQ inputs of the chipset.
///
/// Devices 0 to 24 rotate over PIRQE to PIRQH as slots of a mainboard do, the chipset's own devices 25 to 31
/// have INTA to INTD at PIRQA to PIRQD, which is the reset value of the chipset's interrupt route registers
/// (Intel ICH9 data sheet 316972, section 10.1.31 and on). SeaBIOS counts on the same wiring.
public enum PCIInterruptRouting {
    /// PIRQA to PIRQH.
    public static let inputCount = 8
    /// The I/O APIC input of PIRQA; the others follow.
    public static let firstAPICInput = 16

    /// The PIRQ, 0 (A) to 7 (H), of an interrupt pin.
    /// - Parameters:
    ///   - device: 0 to 31.
    ///   - pin: 1 (INTA#) to 4 (INTD#).
    public static func input(device: Int, pin: Int) -> Int {
        device < 25 ? 4 + (device + pin - 1) & 3 : (pin - 1) & 3
    }
}
