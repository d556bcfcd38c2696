// Loading a Linux kernel, and starting the first CPU in it, in the place of a BIOS and a boot loader.
import BootFormats
import Devices
import MachineCore
import X86

extension PCBoard {
    /// Where the loader puts what the kernel needs at its start, all in the first 640 KiB.
    private enum Place {
        static let descriptors: GuestPhysicalAddress = 0x5000
        static let parameters: GuestPhysicalAddress = 0x7000
        static let pageTables: GuestPhysicalAddress = 0x9000
        static let commandLine: GuestPhysicalAddress = 0x2_0000
        static let firstMegabyte: GuestPhysicalAddress = 0x10_0000
    }

    /// Loads a kernel, and starts the first CPU in it.
    func load(_ linux: LinuxProgram) throws(BootError) {
        configureChipset()
        let bytes = try linux.kernel.read()
        let image: BzImage
        let unpacked: [UInt8]
        do {
            image = try BzImage(bytes)
            unpacked = try image.unpackKernel()
        } catch {
            throw BootError("\(linux.kernel.name): \(error)")
        }
        let (entry, end) = try placeKernel(unpacked, image, linux.kernel.name)
        let disk = try placeInitialRAMDisk(linux.initialRAMDisk, above: end, image)
        let line = Array(linux.commandLine.utf8)
        guard line.count <= min(image.commandLineLimit, 0x1_0000), !line.contains(0) else {
            throw BootError("the kernel's command line is longer than the \(image.commandLineLimit) bytes it takes")
        }
        write(line + [0], at: Place.commandLine)
        placeTables()
        let parameters = BootParameters(
            setupHeader: image.setupHeader, commandLineAddress: UInt32(Place.commandLine), initialRAMDisk: disk,
            acpiRootAddress: PCMemoryMap.biosTables.lowerBound, memoryMap: memoryMap)
        write(parameters.encode(), at: Place.parameters)
        makePageTables()
        makeDescriptors()
        startKernel(at: entry)
    }

    /// Places the tables that describe the machine, as firmware would.
    private func placeTables() {
        let base = PCMemoryMap.biosTables.lowerBound
        write(ACPITables(cpuCount: resources.cpuCount).encode(at: base), at: base)
        let tables = SMBIOSTables(
            identity: resources.identity, memoryByteCount: resources.ramByteCount, cpuCount: resources.cpuCount,
            describesFirmware: true)
        let structures = tables.structures()
        let place = PCMemoryMap.identityTables
        // The entry point has 31 bytes.
        write(SMBIOSTables.entryPoint(structures, at: UInt32(place + 32)), at: place)
        write(structures.flatMap(\.bytes), at: place + 32)
    }

    private var memory: GuestMemory { resources.context.memory }
    private var endOfRAM: GuestPhysicalAddress { memory.base + resources.ramByteCount }

    /// Writes into the first megabyte, which is always there.
    private func write(_ bytes: [UInt8], at address: GuestPhysicalAddress) { _ = memory.write(bytes, at: address) }

    /// What the kernel may use: all RAM but what a BIOS would keep.
    private var memoryMap: [BootParameters.MemoryRange] {
        [
            .init(0..<PCMemoryMap.extendedBIOSData.lowerBound, .usable),
            .init(PCMemoryMap.extendedBIOSData, .reserved), .init(PCMemoryMap.biosTables, .reserved),
            .init(Place.firstMegabyte..<endOfRAM, .usable),
            .init(PCMemoryMap.pciConfiguration, .reserved),
        ]
    }

    // MARK: Files

    /// Places the parts of the kernel; gives its entry, and where the memory that it uses at once ends.
    private func placeKernel(
        _ bytes: [UInt8], _ image: BzImage, _ name: String
    ) throws(BootError) -> (entry: GuestPhysicalAddress, end: GuestPhysicalAddress) {
        let file: ELFFile
        do {
            file = try ELFFile(bytes)
            try file.checkLoadable(machine: ELFMachine.x86_64, is64Bit: true)
        } catch {
            throw BootError("the kernel inside \(name): \(error)")
        }
        var start = GuestPhysicalAddress.max
        var end: GuestPhysicalAddress = 0
        for segment in file.loadSegments {
            let (segmentEnd, overflows) = segment.physicalAddress.addingReportingOverflow(segment.memorySize)
            guard !overflows, segment.physicalAddress >= Place.firstMegabyte, segmentEnd <= endOfRAM
            else { throw tooLittleMemory(name, overflows ? .max : segmentEnd) }
            let contents = file.contents(of: segment)
            _ = memory.write(Array(contents), at: segment.physicalAddress)
            clear(segment.physicalAddress + UInt64(contents.count)..<segmentEnd)
            start = min(start, segment.physicalAddress)
            end = max(end, segmentEnd)
        }
        guard start < end else { throw BootError("the kernel inside \(name) has nothing to load") }
        let needed = max(end, start + image.initializedByteCount)
        guard needed <= endOfRAM else { throw tooLittleMemory(name, needed) }
        return (file.entry, needed)
    }

    /// Zeros a range of RAM: a reset does not.
    private func clear(_ range: Range<GuestPhysicalAddress>) {
        let zeros = [UInt8](repeating: 0, count: 1 << 16)
        var place = range.lowerBound
        while place < range.upperBound {
            let count = min(UInt64(zeros.count), range.upperBound - place)
            _ = memory.write(Array(zeros.prefix(Int(count))), at: place)
            place += count
        }
    }

    /// Places the initial RAM disk as high as the kernel reaches.
    private func placeInitialRAMDisk(
        _ file: BootFile?, above end: GuestPhysicalAddress, _ image: BzImage
    ) throws(BootError) -> Range<GuestPhysicalAddress>? {
        guard let file else { return nil }
        let bytes = try file.read()
        let top = min(endOfRAM, image.initialRAMDiskLimit &+ 1)
        let count = UInt64(bytes.count)
        guard count <= top, (top - count) & ~0xfff >= end else { throw tooLittleMemory(file.name, end + count) }
        let start = (top - count) & ~0xfff
        _ = memory.write(bytes, at: start)
        return start..<(start + count)
    }

    private func tooLittleMemory(_ name: String, _ byteCount: UInt64) -> BootError {
        BootError(
            "\(name) needs a machine with \(byteCount >> 20) MiB of memory or more, and this one has "
                + "\(resources.ramByteCount >> 20): give it more (--memory, or memory: in its machine.yaml)")
    }

    // MARK: The state at the kernel's entry (Linux, "The Linux/x86 Boot Protocol", "64-bit Boot Protocol")

    /// The first 4 GiB, each address at itself, in pages of 2 MiB.
    private func makePageTables() {
        let tables = Place.pageTables
        var words = [UInt64](repeating: 0, count: 512 * 2)
        words[0] = (tables + 0x1000) | 3
        for index in 0..<4 as Range<UInt64> { words[512 + Int(index)] = (tables + 0x2000 + index * 0x1000) | 3 }
        // Present, writable, large.
        words += (0..<2048 as Range<UInt64>).map { $0 << 21 | 0x83 }
        write(bytes(of: words), at: tables)
    }

    /// Selector 0x10 is code, 0x18 data.
    private func makeDescriptors() {
        let words: [UInt64] = [0, 0, 0x00af_9b00_0000_ffff, 0x00cf_9300_0000_ffff]
        write(bytes(of: words), at: Place.descriptors)
    }

    private func bytes(of words: [UInt64]) -> [UInt8] {
        words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    }

    /// Writes the registers that a BIOS writes: where configuration space and power management are, and that all below
    /// 1 MiB but the video memory is RAM.
    private func configureChipset() {
        func write(_ value: UInt64, device: UInt64, register: UInt64) {
            let address = 1 << 31 | device << 11 | register
            _ = ports.write(address, at: PCIConfigurationPorts.firstPort, width: .word)
            _ = ports.write(value, at: PCIConfigurationPorts.firstPort + 4, width: .word)
        }
        let bridge = UInt64(ICH9LPCBridge.device)
        write(PCMemoryMap.pciConfiguration.lowerBound | 1, device: 0, register: 0x60)
        write(UInt64(PowerManagement.firmwareBase) | 1, device: bridge, register: 0x40)
        write(0x80, device: bridge, register: 0x44)
        write(0x3333_3330, device: 0, register: 0x90)
        write(0x33_3333, device: 0, register: 0x94)
    }

    private func startKernel(at entry: GuestPhysicalAddress) {
        var start = CPU.LongModeStart()
        start.instructionPointer = entry
        start.pageTables = Place.pageTables
        start.descriptors = Place.descriptors
        start.descriptorLimit = 31
        start.codeSelector = 0x10
        start.dataSelector = 0x18
        start.sourceIndex = Place.parameters
        processors[0].start(start)
    }
}
