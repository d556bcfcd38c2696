// The board's description of itself for operating systems, made from the memory map.
import BootFormats
import Devices
import MachineCore
import RISCV

/// What the device tree says beyond the board itself.
struct DeviceTreeInput {
    var hartCount: Int
    var memory: Range<GuestPhysicalAddress>
    var timebaseFrequency: UInt64
    var commandLine: String?
    var initialRAMDisk: Range<GuestPhysicalAddress>?
    var hasHostTarget = false
    /// Randomness for the kernel's start; without it, the first reader of random numbers waits a second.
    var randomSeed: [UInt8] = []
}

/// Makes the device tree (Devicetree Specification 0.4; the bindings of the Linux kernel).
struct BoardDeviceTree {
    private let input: DeviceTreeInput

    /// Phandles: the harts' interrupt controllers count from `firstHart`.
    private enum Handle {
        static let plic: UInt32 = 1
        static let powerControl: UInt32 = 2
        static let firstHart: UInt32 = 16
    }

    init(_ input: DeviceTreeInput) { self.input = input }

    /// The whole tree.
    var root: DeviceTreeNode {
        DeviceTreeNode(
            "",
            [
                "#address-cells": .cells([2]), "#size-cells": .cells([2]),
                "compatible": .strings(["starling,virt-riscv", "riscv-virtio"]),
                "model": .string("Starling VirtRISCV"),
            ],
            children: [chosen, memory, cpus, soc] + power)
    }

    private var chosen: DeviceTreeNode {
        var node = DeviceTreeNode("chosen", ["stdout-path": .string("/soc/" + Self.unit("serial", MemoryMap.uart))])
        if let commandLine = input.commandLine { node["bootargs"] = .string(commandLine) }
        if let range = input.initialRAMDisk {
            node["linux,initrd-start"] = .u64([range.lowerBound])
            node["linux,initrd-end"] = .u64([range.upperBound])
        }
        if !input.randomSeed.isEmpty { node["rng-seed"] = .bytes(input.randomSeed) }
        return node
    }

    private var memory: DeviceTreeNode {
        DeviceTreeNode(
            Self.unit("memory", input.memory),
            ["device_type": .string("memory"), "reg": Self.reg(input.memory)])
    }

    // MARK: Harts

    private var cpus: DeviceTreeNode {
        DeviceTreeNode(
            "cpus",
            [
                "#address-cells": .cells([1]), "#size-cells": .cells([0]),
                "timebase-frequency": .cells([UInt32(truncatingIfNeeded: input.timebaseFrequency)]),
            ],
            children: (0..<input.hartCount).map(cpu))
    }

    private func cpu(_ index: Int) -> DeviceTreeNode {
        let controller = DeviceTreeNode(
            "interrupt-controller",
            [
                "#interrupt-cells": .cells([1]), "interrupt-controller": .empty,
                "compatible": .string("riscv,cpu-intc"), "phandle": .cells([Self.handle(ofHart: index)]),
            ])
        return DeviceTreeNode(
            "cpu@\(index)",
            [
                "device_type": .string("cpu"), "reg": .cells([UInt32(index)]), "status": .string("okay"),
                "compatible": .string("riscv"), "mmu-type": .string("riscv,sv39"),
                "riscv,isa": .string(Self.isaString), "riscv,isa-base": .string("rv64i"),
                "riscv,isa-extensions": .strings(Hart.isaExtensions), "riscv,cboz-block-size": .cells([64]),
            ],
            children: [controller])
    }

    /// The older single-string form, which firmware still reads.
    private static var isaString: String {
        let letters = Hart.isaExtensions.filter { $0.count == 1 }.joined()
        let names = Hart.isaExtensions.filter { $0.count > 1 }
        return (["rv64" + letters] + names).joined(separator: "_")
    }

    private static func handle(ofHart index: Int) -> UInt32 { Handle.firstHart + UInt32(index) }

    /// For each hart, its controller and the interrupts given, as `interrupts-extended` wants it.
    private func hartInterrupts(_ interrupts: [RISCV.Interrupt]) -> DeviceTreeValue {
        .cells(
            (0..<input.hartCount).flatMap { hart in
                interrupts.flatMap { [Self.handle(ofHart: hart), UInt32($0.rawValue)] }
            })
    }

    // MARK: Devices

    private var soc: DeviceTreeNode {
        var children = [serial, clock, aclint, plic, powerControl, pci]
        if input.hasHostTarget { children.append(DeviceTreeNode("htif", ["compatible": .string("ucb,htif0")])) }
        return DeviceTreeNode(
            "soc",
            [
                "#address-cells": .cells([2]), "#size-cells": .cells([2]),
                "compatible": .string("simple-bus"), "ranges": .empty,
            ],
            children: children)
    }

    private var serial: DeviceTreeNode {
        device(
            "serial", MemoryMap.uart, UART16550.compatible, interrupt: MemoryMap.Interrupt.uart,
            ["clock-frequency": .cells([3_686_400])])
    }

    private var clock: DeviceTreeNode {
        device("rtc", MemoryMap.clock, GoldfishRTC.compatible, interrupt: MemoryMap.Interrupt.clock, [:])
    }

    private var aclint: DeviceTreeNode {
        var node = device("clint", MemoryMap.aclint, ACLINT.compatible, interrupt: nil, [:])
        node["interrupts-extended"] = hartInterrupts([.machineSoftware, .machineTimer])
        return node
    }

    private var plic: DeviceTreeNode {
        var node = device("plic", MemoryMap.plic, PLIC.compatible, interrupt: nil, [:])
        node["#interrupt-cells"] = .cells([1])
        node["#address-cells"] = .cells([0])
        node["interrupt-controller"] = .empty
        node["interrupts-extended"] = hartInterrupts([.machineExternal, .supervisorExternal])
        node["riscv,ndev"] = .cells([UInt32(MemoryMap.Interrupt.sourceCount - 1)])
        node["phandle"] = .cells([Handle.plic])
        return node
    }

    private var powerControl: DeviceTreeNode {
        device(
            "power", MemoryMap.powerControl, PowerControl.compatible, interrupt: nil,
            ["phandle": .cells([Handle.powerControl])])
    }

    /// Power-off and reset for systems without SBI (binding "syscon-poweroff").
    private var power: [DeviceTreeNode] {
        [("poweroff", 0x5555), ("reboot", 0x7777)].map { name, value in
            DeviceTreeNode(
                name,
                [
                    "compatible": .string("syscon-\(name)"), "regmap": .cells([Handle.powerControl]),
                    "offset": .cells([0]), "value": .cells([value]),
                ])
        }
    }

    private func device(
        _ name: String, _ window: Range<UInt64>, _ compatible: [String], interrupt: Int?,
        _ more: KeyValuePairs<String, DeviceTreeValue>
    ) -> DeviceTreeNode {
        var node = DeviceTreeNode(
            Self.unit(name, window), ["compatible": .strings(compatible), "reg": Self.reg(window)])
        if let interrupt {
            node["interrupt-parent"] = .cells([Handle.plic])
            node["interrupts"] = .cells([UInt32(interrupt)])
        }
        for (name, value) in more { node[name] = value }
        return node
    }

    // MARK: PCI

    /// Binding "pci-host-ecam-generic" and the PCI bus binding to Open Firmware.
    private var pci: DeviceTreeNode {
        let memory = MemoryMap.pciMemory
        let memorySpace32: UInt32 = 0x0200_0000
        let ranges: [UInt32] =
            [memorySpace32] + Self.cells(memory.lowerBound) + Self.cells(memory.lowerBound)
            + Self.cells(UInt64(memory.count))
        return DeviceTreeNode(
            Self.unit("pci", MemoryMap.pciConfiguration),
            [
                "compatible": .string("pci-host-ecam-generic"), "device_type": .string("pci"),
                "#address-cells": .cells([3]), "#size-cells": .cells([2]), "#interrupt-cells": .cells([1]),
                "reg": Self.reg(MemoryMap.pciConfiguration), "bus-range": .cells([0, 0]),
                "linux,pci-domain": .cells([0]), "dma-coherent": .empty, "ranges": .cells(ranges),
                // Device number modulo 4 and pin select the wire.
                "interrupt-map-mask": .cells([0x1800, 0, 0, 7]), "interrupt-map": .cells(interruptMap),
            ])
    }

    private var interruptMap: [UInt32] {
        (0..<4).flatMap { device in
            (0..<4).flatMap { pin -> [UInt32] in
                let source = UInt32(MemoryMap.Interrupt.pci(device: device, pin: pin))
                return [UInt32(device) << 11, 0, 0, UInt32(pin) + 1, Handle.plic, source]
            }
        }
    }

    // MARK: Values

    private static func unit(_ name: String, _ window: Range<UInt64>) -> String {
        "\(name)@\(String(window.lowerBound, radix: 16))"
    }

    private static func reg(_ window: Range<UInt64>) -> DeviceTreeValue {
        .u64([window.lowerBound, UInt64(window.count)])
    }

    private static func cells(_ value: UInt64) -> [UInt32] {
        [UInt32(truncatingIfNeeded: value >> 32), UInt32(truncatingIfNeeded: value)]
    }
}
