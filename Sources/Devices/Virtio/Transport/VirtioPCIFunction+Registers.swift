// The registers of a virtio function behind its BAR (virtio 1.2, 4.1.4).
import MachineCore

/// Offsets in the common configuration (virtio 1.2, 4.1.4.3).
private enum Common {
    static let deviceFeatureSelect: UInt64 = 0x00
    static let deviceFeature: UInt64 = 0x04
    static let driverFeatureSelect: UInt64 = 0x08
    static let driverFeature: UInt64 = 0x0c
    static let configurationVector: UInt64 = 0x10
    static let queueCount: UInt64 = 0x12
    static let deviceStatus: UInt64 = 0x14
    static let configurationGeneration: UInt64 = 0x15
    static let queueSelect: UInt64 = 0x16
    static let queueSize: UInt64 = 0x18
    static let queueVector: UInt64 = 0x1a
    static let queueEnable: UInt64 = 0x1c
    static let queueNotifyOffset: UInt64 = 0x1e
    static let queueDescriptorTable: UInt64 = 0x20
    static let queueAvailableRing: UInt64 = 0x28
    static let queueUsedRing: UInt64 = 0x30
    /// Three 64-bit fields, which drivers access in halves (virtio 1.2, 4.1.3.1).
    static let queueAddresses = queueDescriptorTable..<(queueUsedRing + 8)
    /// VIRTIO_MSI_NO_VECTOR: there is no MSI-X capability.
    static let noVector: UInt64 = 0xffff
}

extension VirtioPCIFunction {
    public func read(bar: Int, at offset: UInt64, width: AccessWidth) -> UInt64 {
        let register = offset & 0xfff
        switch offset & ~0xfff {
        case VirtioPCILayout.commonOffset:
            return readCommon(register, width)
        case VirtioPCILayout.interruptOffset:
            return register == 0 && width == .byte ? UInt64(transport.takeInterruptStatus()) : 0
        case VirtioPCILayout.deviceOffset:
            return readDeviceConfiguration(register, width)
        default:
            return 0
        }
    }

    public func write(_ value: UInt64, bar: Int, at offset: UInt64, width: AccessWidth) {
        let register = offset & 0xfff
        switch offset & ~0xfff {
        case VirtioPCILayout.commonOffset:
            writeCommon(value, register, width)
        case VirtioPCILayout.notifyOffset:
            // The address says which queue; the value repeats it (virtio 1.2, 4.1.5.2).
            let queue = register / VirtioPCILayout.notifyMultiplier
            let isQueue = register % VirtioPCILayout.notifyMultiplier == 0 && queue < Model.queueSizes.count
            if isQueue, transport.isRunning { device.notify(queue: Int(queue)) }
        default:
            break
        }
    }

    private func readDeviceConfiguration(_ register: UInt64, _ width: AccessWidth) -> UInt64 {
        let bytes = device.configuration
        guard register + width.byteCount <= bytes.count else { return 0 }
        return bytes.littleEndian(at: Int(register), byteCount: Int(width.byteCount))
    }

    // MARK: Common configuration

    private func readCommon(_ register: UInt64, _ width: AccessWidth) -> UInt64 {
        if Common.queueAddresses.contains(register) { return readQueueAddress(register, width) }
        let state = transport.state
        let queue = transport.selectedQueue
        switch (register, width) {
        case (Common.deviceFeatureSelect, .word): return UInt64(state.deviceFeatureSelect)
        case (Common.deviceFeature, .word): return UInt64(transport.selectedDeviceFeatures)
        case (Common.driverFeatureSelect, .word): return UInt64(state.driverFeatureSelect)
        case (Common.driverFeature, .word): return UInt64(transport.selectedDriverFeatures)
        case (Common.configurationVector, .half), (Common.queueVector, .half): return Common.noVector
        case (Common.queueCount, .half): return UInt64(state.queues.count)
        case (Common.deviceStatus, .byte): return UInt64(visibleStatus)
        case (Common.configurationGeneration, .byte): return UInt64(state.configurationGeneration)
        case (Common.queueSelect, .half): return UInt64(state.queueSelect)
        // 0 says that the queue does not exist (virtio 1.2, 4.1.4.3.1).
        case (Common.queueSize, .half): return UInt64(queue?.size ?? 0)
        case (Common.queueEnable, .half): return queue?.isEnabled == true ? 1 : 0
        case (Common.queueNotifyOffset, .half): return queue == nil ? 0 : UInt64(state.queueSelect)
        default: return 0
        }
    }

    /// A driver waits after a reset until it reads 0 (virtio 1.2, 4.1.4.3.2). It waits until requests of
    /// before the reset are over, because only then it may use their memory for something else.
    private var visibleStatus: UInt8 {
        let status = transport.state.status
        return status == 0 && device.isSettling ? VirtioStatus.needsReset : status
    }

    private func writeCommon(_ value: UInt64, _ register: UInt64, _ width: AccessWidth) {
        if Common.queueAddresses.contains(register) {
            writeQueueAddress(value, register, width)
            return
        }
        switch (register, width) {
        case (Common.deviceFeatureSelect, .word):
            transport.state.deviceFeatureSelect = UInt32(truncatingIfNeeded: value)
        case (Common.driverFeatureSelect, .word):
            transport.state.driverFeatureSelect = UInt32(truncatingIfNeeded: value)
        case (Common.driverFeature, .word):
            transport.selectedDriverFeatures = UInt32(truncatingIfNeeded: value)
        case (Common.deviceStatus, .byte):
            writeStatus(UInt8(truncatingIfNeeded: value))
        case (Common.queueSelect, .half):
            transport.state.queueSelect = UInt16(truncatingIfNeeded: value)
        case (Common.queueSize, .half):
            transport.setSelectedQueueSize(UInt16(truncatingIfNeeded: value))
        case (Common.queueEnable, .half):
            transport.enableSelectedQueue(UInt16(truncatingIfNeeded: value))
        default:
            break
        }
    }

    private func writeStatus(_ value: UInt8) {
        switch transport.writeStatus(value) {
        case .none: break
        case .reset: resetDevice()
        // Chains that were made available before this moment may wait without a notification.
        case .driverReady: notifyAllQueues()
        }
    }

    // MARK: Addresses of the selected queue

    private func readQueueAddress(_ register: UInt64, _ width: AccessWidth) -> UInt64 {
        guard let queue = transport.selectedQueue, isAddressAccess(register, width) else { return 0 }
        let field: GuestPhysicalAddress
        switch register & ~7 {
        case Common.queueDescriptorTable: field = queue.descriptorTable
        case Common.queueAvailableRing: field = queue.availableRing
        default: field = queue.usedRing
        }
        return field >> (8 * (register & 7)) & width.mask
    }

    private func writeQueueAddress(_ value: UInt64, _ register: UInt64, _ width: AccessWidth) {
        guard isAddressAccess(register, width) else { return }
        transport.changeSelectedQueue { queue in
            switch register & ~7 {
            case Common.queueDescriptorTable: Self.replace(&queue.descriptorTable, value, register, width)
            case Common.queueAvailableRing: Self.replace(&queue.availableRing, value, register, width)
            default: Self.replace(&queue.usedRing, value, register, width)
            }
        }
    }

    /// Halves are what the standard asks of drivers; whole fields are taken as well.
    private func isAddressAccess(_ register: UInt64, _ width: AccessWidth) -> Bool {
        width == .word && register & 3 == 0 || width == .double && register & 7 == 0
    }

    private static func replace(
        _ field: inout UInt64, _ value: UInt64, _ register: UInt64, _ width: AccessWidth
    ) {
        if width == .double {
            field = value
        } else {
            field.setWord(isHigh: register & 4 != 0, to: UInt32(truncatingIfNeeded: value))
        }
    }
}
