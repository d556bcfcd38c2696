// The life of a command: from its slot to the drive and back (AHCI 1.3.1, chapter 5).
import MachineCore

extension AHCIPort {
    /// Begins commands while the drive is free for one. Each that needs no back end is over at once.
    /// - Parameter changed: called when a back end has finished one later.
    func beginCommands(in context: DeviceContext, changed: @escaping () -> Void) {
        while let slot = nextSlot {
            state.lastSlot = UInt8(slot)
            begin(slot, context, changed)
        }
    }

    /// The next command in turn; nil while there is none, or the port can not take one.
    private var nextSlot: Int? {
        guard state.isStarted, !state.isStalled, state.activeSlot == nil, state.issued != 0, drive != nil
        else { return nil }
        return (1...32).lazy.map { (Int(self.state.lastSlot) + $0) & 31 }.first {
            self.state.issued >> UInt32($0) & 1 != 0
        }
    }

    private func begin(_ slot: Int, _ context: DeviceContext, _ changed: @escaping () -> Void) {
        guard let drive else { return }
        do throws(AHCICommand.Fault) {
            let command = try AHCICommand(slot: slot, of: state.commandList, in: context.memory)
            guard command.isCommand else { return setControl(command, slot, context) }
            switch drive.plan(command.command) {
            case .finish(let result): finish(command, slot, result, context)
            case .send(let bytes, let result): try send(bytes, command, slot, result, context)
            case .read(let backend, let offset, let byteCount):
                let data = try wholeData(command, byteCount, context)
                guard let data else { return overflow(command, slot, context) }
                data.noteWrite(in: context.memory)
                let request = BlockRequest(.read(offset: offset, into: data.segments))
                submit([request], to: backend, command, slot, data, context, changed)
            case .write(let backend, let offset, let byteCount, let isDurable):
                let data = try wholeData(command, byteCount, context)
                guard let data else { return overflow(command, slot, context) }
                let write = BlockRequest(.write(offset: offset, from: data.segments))
                let requests = isDurable ? [write, BlockRequest(.flush)] : [write]
                submit(requests, to: backend, command, slot, data, context, changed)
            case .flush(let backend):
                submit([BlockRequest(.flush)], to: backend, command, slot, AHCIData(), context, changed)
            }
        } catch {
            stall(error == .notMemory ? AHCIInterrupt.hostBusFatal : AHCIInterrupt.interfaceFatal)
        }
    }

    /// The data areas, or nil when they are too small.
    private func wholeData(
        _ command: AHCICommand, _ byteCount: Int, _ context: DeviceContext
    ) throws(AHCICommand.Fault) -> AHCIData? {
        let data = try command.data(byteCount, in: context.memory)
        return data.byteCount == byteCount ? data : nil
    }

    private func overflow(_ command: AHCICommand, _ slot: Int, _ context: DeviceContext) {
        state.interruptStatus |= AHCIInterrupt.overflow
        finish(command, slot, .aborted, context)
    }

    /// An error that no drive reports: the port stops until the guest starts it again.
    private func stall(_ cause: UInt32) {
        state.interruptStatus |= cause
        state.isStalled = true
    }

    /// A FIS without a command changes the control register (Serial ATA 3.1, 11.4): the end of a reset shows
    /// the drive's signature.
    private func setControl(_ command: AHCICommand, _ slot: Int, _ context: DeviceContext) {
        let softwareReset: UInt8 = 1 << 2
        let isResetting = command.control & softwareReset != 0
        let ends = state.isResetting && !isResetting
        state.isResetting = isResetting
        state.issued &= ~(1 << UInt32(slot))
        guard ends, let drive else { return }
        drive.reset()
        state.signature = drive.signature
        var result = ATAResult(status: drive.statusAfterReset, error: 1)
        result.count = UInt16(drive.signature & 0xff)
        result.address = UInt64(drive.signature >> 8)
        receive(registerFIS(result), at: 0x40, context)
        setTaskFile(result)
    }

    // MARK: Transfers

    private func send(
        _ bytes: [UInt8], _ command: AHCICommand, _ slot: Int, _ result: ATAResult, _ context: DeviceContext
    ) throws(AHCICommand.Fault) {
        let data = try command.data(bytes.count, in: context.memory)
        data.write(bytes, in: context.memory)
        finish(command, slot, result, context, transferred: data.byteCount)
    }

    /// Gives requests to the back end, each after success of the one before.
    private func submit(
        _ requests: [BlockRequest], to backend: any BlockBackend, _ command: AHCICommand, _ slot: Int,
        _ data: AHCIData, _ context: DeviceContext, _ changed: @escaping () -> Void
    ) {
        guard let request = requests.first else { return }
        state.activeSlot = UInt8(slot)
        state.status = ATAStatus.busy | ATAStatus.ready
        outstandingCount += 1
        let begunIn = generation
        // The port, and through the context the RAM that the segments point to, lives until the back end is
        // done.
        backend.submit(request) { [self] status in
            outstandingCount -= 1
            guard begunIn == generation, let drive else { return }
            if status == .success, requests.count > 1 {
                submit(Array(requests.dropFirst()), to: backend, command, slot, data, context, changed)
                return
            }
            if case .read = request.operation { data.noteWrite(in: context.memory) }
            state.activeSlot = nil
            let result = drive.outcome(of: command.command, status)
            finish(command, slot, result, context, transferred: status == .success ? data.byteCount : 0)
            changed()
        }
    }

    // MARK: Outcomes

    /// The drive is done with a command. After an error its slot stays occupied and the port stops (6.2.2.1).
    private func finish(
        _ command: AHCICommand, _ slot: Int, _ result: ATAResult, _ context: DeviceContext,
        transferred: Int = 0
    ) {
        let failed = result.status & ATAStatus.error != 0
        setTaskFile(result)
        _ = context.memory.store(UInt32(truncatingIfNeeded: transferred), at: command.header &+ 4)
        let isPacket = command.command.code == ATACode.packet
        let isInput = ATACode.programmedInput.contains(command.command.code)
        // DMA of packets is asked for in the features.
        let isPacketInput = isPacket && command.command.features & 1 == 0
        if !failed, transferred > 0, isInput || isPacketInput {
            receive(setupFIS(result, transferred), at: 0x20, context)
            state.interruptStatus |= AHCIInterrupt.setupFIS
        }
        if failed || !isInput {
            receive(registerFIS(result), at: 0x40, context)
            state.interruptStatus |= AHCIInterrupt.registerFIS
        }
        if failed {
            stall(AHCIInterrupt.taskFileError)
        } else {
            state.issued &= ~(1 << UInt32(slot))
            state.active &= ~(1 << UInt32(slot))
        }
    }

    private func setTaskFile(_ result: ATAResult) {
        state.status = result.status
        state.error = result.error
    }

    /// Writes a FIS to where the guest wants them, if it does (4.2.1).
    private func receive(_ fis: [UInt8], at offset: UInt64, _ context: DeviceContext) {
        guard state.command & AHCIPortCommand.receiveEnable != 0 else { return }
        _ = context.memory.write(fis, at: state.receivedFIS &+ offset)
    }

    /// Register FIS, device to host, with its interrupt bit (Serial ATA 3.1, 10.5.6).
    private func registerFIS(_ result: ATAResult) -> [UInt8] { fis(0x34, result) }

    /// PIO Setup FIS, device to host (Serial ATA 3.1, 10.5.11): the status before the transfer in byte 2,
    /// after it in byte 15, and the bytes of the transfer.
    private func setupFIS(_ result: ATAResult, _ transferred: Int) -> [UInt8] {
        var fis = fis(0x5f, result)
        let deviceToHost: UInt8 = 1 << 5
        fis[1] |= deviceToHost
        fis[2] = result.status | ATAStatus.dataRequest
        fis[15] = result.status
        fis.storeLittleEndian(UInt64(transferred), at: 16, byteCount: 2)
        return fis
    }

    private func fis(_ type: UInt8, _ result: ATAResult) -> [UInt8] {
        var fis = [UInt8](repeating: 0, count: 20)
        let interrupt: UInt8 = 1 << 6
        (fis[0], fis[1], fis[2], fis[3]) = (type, interrupt, result.status, result.error)
        fis.storeLittleEndian(result.address & 0xff_ffff, at: 4, byteCount: 3)
        fis[7] = result.device
        fis.storeLittleEndian(result.address >> 24, at: 8, byteCount: 3)
        fis.storeLittleEndian(UInt64(result.count), at: 12, byteCount: 2)
        return fis
    }
}
