// What a driver sets up before it uses the device: features, queues, status.

extension VirtioTransport {
    /// What a write of the device status means for the device model.
    enum StatusChange {
        case none
        case reset
        case driverReady
    }

    /// The driver writes the device status (virtio 1.2, 2.1.1 and 3.1.1).
    func writeStatus(_ value: UInt8) -> StatusChange {
        if value == 0 { return .reset }
        // A driver never takes bits back except by a reset; the device's own bit is not its to write.
        let added = value & VirtioStatus.ofDriver & ~state.status
        state.status |= added & (VirtioStatus.acknowledge | VirtioStatus.driver | VirtioStatus.failed)
        if added & VirtioStatus.featuresAccepted != 0, areFeaturesAcceptable {
            state.status |= VirtioStatus.featuresAccepted
        }
        guard added & VirtioStatus.driverReady != 0 else { return .none }
        guard state.status & VirtioStatus.featuresAccepted != 0 else {
            fail("it went on without agreement on features")
            return .none
        }
        state.status |= VirtioStatus.driverReady
        return isRunning ? .driverReady : .none
    }

    /// Without `version1` a driver would use another layout of everything (virtio 1.2, 6.2).
    private var areFeaturesAcceptable: Bool {
        isNegotiated(VirtioFeature.version1) && state.driverFeatures & ~offeredFeatures == 0
    }

    /// The 32 offered feature bits that the driver selected; there are none from bit 64 up.
    var selectedDeviceFeatures: UInt32 {
        Self.word(state.deviceFeatureSelect, of: offeredFeatures)
    }

    /// The 32 accepted feature bits that the driver selected. Fixed once agreed upon.
    var selectedDriverFeatures: UInt32 {
        get { Self.word(state.driverFeatureSelect, of: state.driverFeatures) }
        set {
            let isAgreedUpon = state.status & VirtioStatus.featuresAccepted != 0
            guard !isAgreedUpon, state.driverFeatureSelect < 2 else { return }
            state.driverFeatures.setWord(isHigh: state.driverFeatureSelect == 1, to: newValue)
        }
    }

    private static func word(_ index: UInt32, of features: UInt64) -> UInt32 {
        index < 2 ? UInt32(truncatingIfNeeded: features >> (32 * UInt64(index))) : 0
    }

    /// The queue whose fields the driver looks at, or nil when it does not exist.
    var selectedQueue: Virtqueue? {
        let index = Int(state.queueSelect)
        return index < state.queues.count ? state.queues[index] : nil
    }

    /// Changes a field of the selected queue. An enabled queue can not be changed any more
    /// (virtio 1.2, 4.1.4.3.2: the driver configures a queue before it enables it).
    func changeSelectedQueue(_ change: (inout Virtqueue) -> Void) {
        let index = Int(state.queueSelect)
        guard index < state.queues.count, !state.queues[index].isEnabled else { return }
        change(&state.queues[index])
    }

    /// The driver makes the selected queue smaller (virtio 1.2, 4.1.4.3.2).
    func setSelectedQueueSize(_ size: UInt16) {
        let index = Int(state.queueSelect)
        guard index < state.queues.count else { return }
        guard Virtqueue.isValidSize(size, maximum: queueSizes[index]) else {
            fail("queue \(index): a size of \(size)")
            return
        }
        changeSelectedQueue { $0.size = size }
    }

    /// The driver switches the selected queue on; it can not switch it off (virtio 1.2, 4.1.4.3.2).
    func enableSelectedQueue(_ value: UInt16) {
        guard value == 1, let queue = selectedQueue, !queue.isEnabled else { return }
        do throws(VirtqueueError) {
            try queue.checkAreas(memory)
            changeSelectedQueue { $0.isEnabled = true }
        } catch {
            fail("queue \(state.queueSelect): \(error)")
        }
    }
}

extension UInt64 {
    /// Replaces the upper or the lower 32 bits.
    mutating func setWord(isHigh: Bool, to word: UInt32) {
        self = isHigh ? self & 0xffff_ffff | UInt64(word) << 32 : self & ~0xffff_ffff | UInt64(word)
    }
}
