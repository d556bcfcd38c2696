// The addresses from 768 KiB to 1 MiB: RAM, the firmware's ROM, or one for reads and the other for writes.
import Devices
import MachineCore

/// What the host bridge's attribute registers make of 0xc0000 to 0xfffff. Where a region is RAM for reads, CPUs go
/// directly to it; everything else comes here over the bus.
final class ShadowMemory: Device {
    private let memory: GuestMemory
    private let rom: FirmwareROM
    private var regions: [ShadowRegion] = []
    private let changed: () -> Void

    /// - Parameter changed: called when addresses mean something else than before: CPUs forget where pages are.
    init(_ memory: GuestMemory, _ rom: FirmwareROM, changed: @escaping () -> Void) {
        self.memory = memory
        self.rom = rom
        self.changed = changed
    }

    /// Takes what the bridge says.
    func set(_ regions: [ShadowRegion]) {
        self.regions = regions
        for region in regions {
            let access: RAMAccess = !region.readsRAM ? .none : region.writesRAM ? .full : .readOnly
            memory.restrict(region.range, to: access)
        }
        changed()
    }

    func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        (0..<width.byteCount).reduce(0) { value, index in
            value | UInt64(readByte(PCMemoryMap.shadow.lowerBound + offset + index)) << (8 * index)
        }
    }

    func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        for index in 0..<width.byteCount {
            let byte = UInt8(truncatingIfNeeded: value >> (8 * index))
            writeByte(byte, PCMemoryMap.shadow.lowerBound + offset + index)
        }
    }

    /// The bridge is reset as a PCI function.
    func reset() {}

    private func region(_ address: GuestPhysicalAddress) -> ShadowRegion? {
        regions.first { $0.range.contains(address) }
    }

    private func readByte(_ address: GuestPhysicalAddress) -> UInt8 {
        guard region(address)?.readsRAM == true else { return rom.legacyByte(at: address) }
        return memory.hiddenPointer(to: address, count: 1)?.load(as: UInt8.self) ?? 0xff
    }

    private func writeByte(_ value: UInt8, _ address: GuestPhysicalAddress) {
        guard region(address)?.writesRAM == true, let pointer = memory.hiddenPointer(to: address, count: 1) else {
            return
        }
        memory.dirtyLog.mark(address, count: 1)
        pointer.storeBytes(of: value, as: UInt8.self)
        memory.noteWrite(at: address, count: 1)
    }
}
