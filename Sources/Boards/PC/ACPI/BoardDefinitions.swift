// The definition block: devices that an operating system can not find by looking.
import Devices
import MachineCore

/// The contents of the DSDT.
enum BoardDefinitions {
    static func encode() -> [UInt8] {
        let softOff = AMLTerm.integer(UInt64(PowerManagement.softOffSleepType))
        let terms: [AMLTerm] = [
            .scope("\\_SB", [hostBridge, motherboard]),
            .name("\\_S5", .package([softOff, softOff, .integer(0), .integer(0)])),
        ]
        return terms.flatMap(\.bytes)
    }

    /// The PCI bus (PCI Firmware 3.0, 4.1.3): what it passes on, and where its interrupt wires end.
    private static var hostBridge: AMLTerm {
        let resources: [AMLResource] = [
            .busNumbers(0...0), .ports(0xcf8...0xcff), .portWindow(0...0xcf7), .portWindow(0xd00...0xffff),
            .memoryWindow(PCMemoryMap.pciMemory),
        ]
        return .device("PCI0", [
            .name("_HID", .identifier("PNP0A08")), .name("_CID", .identifier("PNP0A03")), .name("_UID", .integer(0)),
            .name("_BBN", .integer(0)), .name("_CRS", AMLResource.template(resources)), .name("_PRT", routing),
            bridge,
        ])
    }

    /// Each device's four wires, and the inputs of the I/O APIC that they end at (ACPI 6.3, 6.2.13).
    private static var routing: AMLTerm {
        let entries = (1..<PCIHost.deviceCount).flatMap { device in
            (1...4).map { pin in
                let input = PCIInterruptRouting.firstAPICInput + PCIInterruptRouting.input(device: device, pin: pin)
                return AMLTerm.package([
                    .integer(UInt64(device) << 16 | 0xffff), .integer(UInt64(pin - 1)), .integer(0),
                    .integer(UInt64(input)),
                ])
            }
        }
        return .package(entries)
    }

    /// The bridge to the devices that have been at fixed ports since the first PC.
    private static var bridge: AMLTerm {
        .device("ISA_", [
            .name("_ADR", .integer(UInt64(ICH9LPCBridge.device) << 16)),
            device("COM1", "PNP0501", [.ports(0x3f8...0x3ff), .interrupt(4)]),
            device("RTC_", "PNP0B00", [.ports(0x70...0x71), .interrupt(8)]),
            device("KBD_", "PNP0303", [.ports(0x60...0x60), .ports(0x64...0x64), .interrupt(1)]),
            device("MOU_", "PNP0F13", [.interrupt(12)]),
        ])
    }

    private static func device(_ name: String, _ identifier: String, _ resources: [AMLResource]) -> AMLTerm {
        .device(name, [.name("_HID", .identifier(identifier)), .name("_CRS", AMLResource.template(resources))])
    }

    /// Addresses that no bus hands out.
    private static var motherboard: AMLTerm {
        device("MBRD", "PNP0C02", [.memory(PCMemoryMap.pciConfiguration), .ports(0x600...0x67f)])
    }
}
