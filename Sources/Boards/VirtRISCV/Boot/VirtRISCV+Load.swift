// Loading what the board boots, and starting the harts in it.
import BootFormats
import MachineCore
import RISCV

extension VirtRISCV {
    /// Kernels start at a multiple of 2 MiB plus their text offset, and the first 2 MiB are
    /// firmware's (Linux, "RISC-V Kernel Boot Requirements").
    private static let kernelAlignment: UInt64 = 2 << 20

    func load(_ program: BootProgram) throws(BootError) {
        switch program {
        case .linux(let linux):
            let entry = try loadLinux(linux)
            for hart in harts { prepareForSupervisor(hart) }
            supervisor?.startBootHart(at: entry.kernel, deviceTree: entry.deviceTree)
        case .firmware(let file, let payload):
            try loadFirmware(file, payload)
        case .bare(let file):
            try loadBare(file)
        }
    }

    // MARK: Linux

    struct LinuxEntry {
        var kernel: GuestPhysicalAddress
        var deviceTree: GuestPhysicalAddress
    }

    /// Loads kernel, initial RAM disk and device tree; RAM from the bottom, the rest from the top.
    func loadLinux(_ linux: LinuxProgram) throws(BootError) -> LinuxEntry {
        let kernel = try linux.kernel.read()
        let image = try parseKernel(kernel, linux.kernel.name)
        let ram = memory.range
        let start = ram.lowerBound + max(Self.kernelAlignment, image.textOffset)
        var layout = LoadLayout(free: start..<ram.upperBound)
        try place(kernel, at: start, linux.kernel.name, &layout, reserving: image.memorySize)
        var initialRAMDisk: Range<GuestPhysicalAddress>?
        if let file = linux.initialRAMDisk {
            initialRAMDisk = try placeAtTop(try file.read(), file.name, &layout)
        }
        let tree = try deviceTree(for: linux, initialRAMDisk: initialRAMDisk)
        let placed = try placeAtTop(tree, "device tree", &layout)
        return LinuxEntry(kernel: start, deviceTree: placed.lowerBound)
    }

    private func parseKernel(_ bytes: [UInt8], _ name: String) throws(BootError) -> LinuxImage {
        do {
            let image = try LinuxImage(bytes)
            try image.check(.riscv64)
            return image
        } catch {
            throw BootError("\(name): \(error)")
        }
    }

    private func deviceTree(
        for linux: LinuxProgram?, initialRAMDisk: Range<GuestPhysicalAddress>?
    ) throws(BootError) -> [UInt8] {
        if let file = linux?.deviceTree {
            let bytes = try file.read()
            do {
                _ = try DeviceTreeBlob.decode(bytes)
            } catch {
                throw BootError("\(file.name): \(error)")
            }
            return bytes
        }
        var input = DeviceTreeInput(
            hartCount: harts.count, memory: memory.range, timebaseFrequency: timebase.frequency,
            commandLine: linux?.commandLine, initialRAMDisk: initialRAMDisk)
        input.randomSeed = resources.entropy.bytes(32)
        do {
            return try DeviceTreeBlob.encode(BoardDeviceTree(input).root)
        } catch {
            throw BootError("the device tree can not be made: \(error)")
        }
    }

    // MARK: Firmware

    /// Firmware is loaded at the bottom of RAM (a flat binary) or where its ELF headers say, and
    /// started on all harts with a0 = hart, a1 = device tree and a2 = what OpenSBI's "dynamic"
    /// firmware needs to know of the next stage (OpenSBI, docs/firmware/fw_dynamic.md).
    private func loadFirmware(_ file: BootFile, _ payload: LinuxProgram?) throws(BootError) {
        let bytes = try file.read()
        let entry = try loadExecutable(bytes, file.name, flatAt: memory.base)
        var next: UInt64 = memory.base + Self.kernelAlignment
        let tree: GuestPhysicalAddress
        if let payload {
            let linux = try loadLinux(payload)
            next = linux.kernel
            tree = linux.deviceTree
        } else {
            var layout = LoadLayout(free: memory.base..<memory.range.upperBound)
            let blob = try deviceTree(for: nil, initialRAMDisk: nil)
            tree = try placeAtTop(blob, "device tree", &layout).lowerBound
        }
        // Magic "OSBI", version 2, next address, next mode (supervisor), options, boot hart.
        let information: [UInt64] = [0x4942_534f, 2, next, 1, 0, 0]
        var layout = LoadLayout(free: memory.base..<tree)
        let place = try placeAtTop(
            information.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } },
            "firmware information", &layout)
        for hart in harts {
            hart.state.pointee.pc = entry
            hart.state.pointee.x[10] = UInt64(hart.index)
            hart.state.pointee.x[11] = tree
            hart.state.pointee.x[12] = place.lowerBound
        }
    }

    // MARK: Placing bytes

    var memory: GuestMemory { resources.context.memory }

    /// Loads an ELF file, or a flat binary at `base`; gives the entry.
    func loadExecutable(
        _ bytes: [UInt8], _ name: String, flatAt base: GuestPhysicalAddress
    ) throws(BootError) -> GuestPhysicalAddress {
        if bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) { return try loadELF(bytes, name).entry }
        guard !bytes.isEmpty, memory.write(bytes, at: base) else { throw tooLittleMemory(name, bytes.count) }
        return base
    }

    /// Loads an ELF file at its physical addresses.
    func loadELF(_ bytes: [UInt8], _ name: String) throws(BootError) -> (file: ELFFile, entry: UInt64) {
        let file: ELFFile
        do {
            file = try ELFFile(bytes)
            try file.checkLoadable(machine: ELFMachine.riscv, is64Bit: true)
        } catch {
            throw BootError("\(name): \(error)")
        }
        for segment in file.loadSegments {
            guard memory.hostPointer(to: segment.physicalAddress, count: segment.memorySize) != nil,
                memory.write(Array(file.contents(of: segment)), at: segment.physicalAddress)
            else {
                let address = String(segment.physicalAddress, radix: 16)
                throw BootError(
                    "\(name): its part at 0x\(address) (\(segment.memorySize) bytes) is not in the machine's RAM, "
                        + "which is \(memory.byteCount >> 20) MiB at 0x\(String(memory.base, radix: 16)): link it "
                        + "for that range or give the machine more memory")
            }
        }
        // An entry outside every segment was refused by checkLoadable.
        return (file, file.physicalEntry ?? file.entry)
    }

    private func place(
        _ bytes: [UInt8], at address: GuestPhysicalAddress, _ name: String, _ layout: inout LoadLayout,
        reserving count: UInt64
    ) throws(BootError) {
        guard layout.take(count, at: address), memory.write(bytes, at: address) else {
            throw tooLittleMemory(name, Int(clamping: count))
        }
    }

    private func placeAtTop(
        _ bytes: [UInt8], _ name: String, _ layout: inout LoadLayout
    ) throws(BootError) -> Range<GuestPhysicalAddress> {
        guard let range = layout.takeTop(UInt64(bytes.count)), memory.write(bytes, at: range.lowerBound) else {
            throw tooLittleMemory(name, bytes.count)
        }
        return range
    }

    private func tooLittleMemory(_ name: String, _ count: Int) -> BootError {
        BootError(
            "\(name) needs \((count + (1 << 20) - 1) >> 20) MiB and does not fit into the machine's "
                + "\(memory.byteCount >> 20) MiB of memory: give the machine more (--memory, or memory: in its "
                + "machine.yaml)")
    }
}

/// The part of RAM that is still free while things are loaded.
struct LoadLayout {
    private(set) var free: Range<GuestPhysicalAddress>

    init(free: Range<GuestPhysicalAddress>) { self.free = free }

    /// Takes `count` bytes at the start; false when they do not fit.
    mutating func take(_ count: UInt64, at address: GuestPhysicalAddress) -> Bool {
        guard address == free.lowerBound, count <= UInt64(free.count) else { return false }
        free = (address + count)..<free.upperBound
        return true
    }

    /// Takes `count` bytes at the end, from a page boundary on.
    mutating func takeTop(_ count: UInt64) -> Range<GuestPhysicalAddress>? {
        guard count <= UInt64(free.count) else { return nil }
        let start = (free.upperBound - count) & ~0xfff
        guard start >= free.lowerBound else { return nil }
        free = free.lowerBound..<start
        return start..<(start + count)
    }
}
