// The DMA interface of the firmware configuration device (title "Guest-side DMA Interface").
import MachineCore

extension FirmwareConfiguration {
    /// Bits of the control field.
    private enum Control {
        static let error: UInt32 = 1 << 0
        static let read: UInt32 = 1 << 1
        static let skip: UInt32 = 1 << 2
        static let select: UInt32 = 1 << 3
        static let write: UInt32 = 1 << 4
    }

    /// A request as it lies in RAM: control, length and address, big-endian.
    private static let requestByteCount: UInt64 = 16

    /// Carries out the request at the address whose low half is `addressLow`, and writes the outcome into
    /// its control field: 0, or the error bit.
    func transfer(addressLow: UInt32) {
        let address = UInt64(state.addressHigh) << 32 | UInt64(addressLow)
        state.addressHigh = 0
        let memory = resources.context.memory
        guard let request = memory.bytes(at: address, count: Int(Self.requestByteCount)) else {
            resources.context.log.note("fw_cfg", "a DMA request at \(address), which is not RAM")
            return
        }
        let control = UInt32(truncatingIfNeeded: request.littleEndian(at: 0, byteCount: 4)).byteSwapped
        let length = UInt32(truncatingIfNeeded: request.littleEndian(at: 4, byteCount: 4)).byteSwapped
        let target = request.littleEndian(at: 8, byteCount: 8).byteSwapped
        if control & Control.select != 0 { select(UInt16(control >> 16)) }
        let succeeds = perform(control, target, length)
        _ = memory.store((succeeds ? 0 : Control.error).bigEndian, at: address)
    }

    /// Reading goes before writing, and writing before skipping, when a request asks for several.
    private func perform(_ control: UInt32, _ target: UInt64, _ length: UInt32) -> Bool {
        if control & Control.read != 0 { return copyOut(to: target, length) }
        if control & Control.write != 0 { return copyIn(from: target, length) }
        if control & Control.skip != 0 { advance(length) }
        return true
    }

    private func advance(_ length: UInt32) {
        let end = UInt32(truncatingIfNeeded: selectedContents?.count ?? 0)
        let room = end > state.offset ? end - state.offset : 0
        state.offset += min(length, room)
    }

    /// Behind the item's end RAM is filled with zeros.
    private func copyOut(to target: UInt64, _ length: UInt32) -> Bool {
        let memory = resources.context.memory
        guard let destination = memory.hostPointer(to: target, count: UInt64(length)) else { return false }
        memory.dirtyLog.mark(target, count: UInt64(length))
        let contents = selectedContents ?? []
        let start = min(Int(state.offset), contents.count)
        let count = min(Int(length), contents.count - start)
        let room = UnsafeMutableRawBufferPointer(start: destination, count: Int(length))
        contents[start..<(start + count)].withUnsafeBytes { room.copyMemory(from: $0) }
        (destination + count).initializeMemory(as: UInt8.self, repeating: 0, count: room.count - count)
        memory.noteWrite(at: target, count: UInt64(length))
        advance(length)
        return true
    }

    /// Writing works for writable items only, and only inside of them.
    private func copyIn(from source: UInt64, _ length: UInt32) -> Bool {
        guard let item = resources.items[state.selector], item.isWritable, var contents = selectedContents,
            UInt64(state.offset) + UInt64(length) <= UInt64(contents.count),
            let bytes = resources.context.memory.bytes(at: source, count: Int(length))
        else { return false }
        let start = Int(state.offset)
        contents.replaceSubrange(start..<(start + bytes.count), with: bytes)
        store(contents)
        advance(length)
        resources.didWrite?(state.selector, contents)
        return true
    }

    private func store(_ contents: [UInt8]) {
        let selector = state.selector
        let file = WrittenFile(selector: selector, contents: contents)
        let position = state.written.firstIndex { $0.selector >= selector } ?? state.written.count
        if position < state.written.count, state.written[position].selector == selector {
            state.written[position] = file
        } else {
            state.written.insert(file, at: position)
        }
    }
}
