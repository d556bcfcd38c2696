// What the board tells its firmware: RAM, CPUs, tables for the operating system, the boot order.
import Devices
import MachineCore

extension FirmwareItems {
    /// Everything that a PC firmware such as SeaBIOS asks for.
    /// - Throws: `FirmwareItemError` when the settings have files that can not be.
    init(_ resources: PCResources) throws(FirmwareItemError) {
        let memory = resources.ramByteCount
        let count = AMLTerm.littleEndian(UInt16(resources.cpuCount))
        let numbered: [UInt16: [UInt8]] = [
            FirmwareSelector.uuid: resources.identity.uuid,
            FirmwareSelector.memorySize: AMLTerm.littleEndian(memory),
            FirmwareSelector.noGraphics: [resources.videoMemory == nil ? 1 : 0, 0],
            FirmwareSelector.cpuCount: count, FirmwareSelector.maximumCPUCount: count,
        ]
        try self.init(
            numbered: numbered,
            files: Self.tables(resources) + Self.settings(resources) + resources.firmware.files)
    }

    private static func tables(_ resources: PCResources) -> [File] {
        let memory = resources.ramByteCount
        let tables = ACPITables(cpuCount: resources.cpuCount).encode()
        let structures = SMBIOSTables(
            identity: resources.identity, memoryByteCount: memory, cpuCount: resources.cpuCount,
            describesFirmware: false
        ).structures()
        // All RAM as one range; firmware takes out what it keeps. Address, length, type: RAM.
        let range = AMLTerm.littleEndian(PCMemoryMap.ramBase) + AMLTerm.littleEndian(memory) + [1, 0, 0, 0]
        return [
            File("etc/e820", range),
            File(TableLoader.tables, tables.bytes),
            File(TableLoader.rootPointer, tables.rootPointer),
            File(TableLoader.file, TableLoader(tables).bytes),
            File("etc/smbios/smbios-anchor", SMBIOSTables.entryPoint(structures, at: 0)),
            File("etc/smbios/smbios-tables", structures.flatMap(\.bytes)),
        ]
    }

    private static func settings(_ resources: PCResources) -> [File] {
        let settings = resources.firmware
        let order = settings.bootOrder.isEmpty ? PCDevices.bootDevices(resources) : settings.bootOrder
        let paths = order.map { PCDevices.firmwarePath($0) }.joined(separator: "\n")
        var files = [
            File("bootorder", Array(paths.utf8) + [0]),
            File("etc/show-boot-menu", [settings.offersBootMenu ? 1 : 0]),
            // Where nothing can be booted the machine stays so, and does not try again forever.
            File("etc/boot-fail-wait", [0xff, 0xff, 0xff, 0xff]),
        ]
        if settings.usesSerialConsole {
            let port = UInt16(PCMemoryMap.Port.serial.lowerBound)
            files.append(File("etc/sercon-port", AMLTerm.littleEndian(port)))
        }
        return files
    }
}

extension PCDevices {
    /// Everything that can be booted, in the usual order.
    static func bootDevices(_ resources: PCResources) -> [BootDevice] {
        resources.disks.indices.map { .disk($0) } + resources.drives.indices.map { .drive($0) }
    }

    /// The name by which firmware knows a device in its boot order: that of Open Firmware's device tree.
    static func firmwarePath(_ device: BootDevice) -> String {
        func hexadecimal(_ number: Int) -> String { String(number, radix: 16) }
        switch device {
        case .disk(let index): return "/pci@i0cf8/scsi@\(hexadecimal(Slot.firstDisk + index))/disk@0,0"
        case .drive(let port):
            let place = hexadecimal(ICH9LPCBridge.device) + "," + hexadecimal(AHCIController.function)
            return "/pci@i0cf8/sata@\(place)/drive@\(hexadecimal(port))/disk@0"
        }
    }
}
