// Reading a driver's request (virtio 1.2, 5.2.6).
import MachineCore

extension VirtioBlock {
    /// What a driver reads about the outcome of a request.
    enum RequestStatus: UInt8 {
        case success = 0
        case ioError = 1
        case unsupported = 2

        init(_ status: BlockStatus) {
            switch status {
            case .success: self = .success
            case .ioError: self = .ioError
            case .unsupported: self = .unsupported
            }
        }
    }

    /// A request that a chain holds: a header, data in one direction, and a byte for the outcome.
    struct Request {
        let head: UInt16
        let type: UInt32
        let sector: UInt64
        /// What the driver sends.
        let output: GuestBuffer
        /// What the driver wants filled.
        let input: GuestBuffer
        /// One byte.
        let status: GuestBuffer

        static let headerByteCount = 16

        /// Cuts a chain into the parts of a request; nil without room for header or outcome.
        init?(_ chain: DescriptorChain) {
            let header = chain.readable.read(Self.headerByteCount)
            let inputByteCount = chain.writable.byteCount - 1
            guard header.count == Self.headerByteCount, inputByteCount >= 0 else { return nil }
            head = chain.head
            type = UInt32(truncatingIfNeeded: header.littleEndian(at: 0, byteCount: 4))
            sector = header.littleEndian(at: 8, byteCount: 8)
            output = chain.readable.slice(Self.headerByteCount, chain.readable.byteCount)
            input = chain.writable.slice(0, inputByteCount)
            status = chain.writable.slice(inputByteCount, chain.writable.byteCount)
        }
    }

    /// Request types.
    private enum RequestType {
        static let read: UInt32 = 0
        static let write: UInt32 = 1
        static let flush: UInt32 = 4
        static let getSerial: UInt32 = 8
        static let discard: UInt32 = 11
        static let writeZeroes: UInt32 = 13
    }

    /// What is to be done for a request.
    enum Plan {
        /// The outcome is known already.
        case finish(RequestStatus)
        /// The back end has to do something.
        case submit(BlockRequest.Operation)
        /// As `submit`, and the data has to be durable before the driver hears of it.
        case submitThenFlush(BlockRequest.Operation)
    }

    func plan(_ request: Request) -> Plan {
        switch request.type {
        case RequestType.read:
            guard let offset = offset(request.sector, byteCount: request.input.byteCount) else {
                return .finish(.ioError)
            }
            if request.input.byteCount == 0 { return .finish(.success) }
            return .submit(.read(offset: offset, into: request.input.segments))
        case RequestType.write:
            return planWrite(request)
        case RequestType.flush:
            return .submit(.flush)
        case RequestType.getSerial:
            request.input.write(serial.padded)
            return .finish(.success)
        case RequestType.discard where transport.isNegotiated(Feature.discard):
            return planRange(request, mayUnmap: false) { .discard(offset: $0, count: $1) }
        case RequestType.writeZeroes where transport.isNegotiated(Feature.writeZeroes):
            return planRange(request, mayUnmap: true) { .writeZeroes(offset: $0, count: $1) }
        default:
            return .finish(.unsupported)
        }
    }

    private func planWrite(_ request: Request) -> Plan {
        guard !backend.isReadOnly,
            let offset = offset(request.sector, byteCount: request.output.byteCount)
        else { return .finish(.ioError) }
        if request.output.byteCount == 0 { return .finish(.success) }
        return changing(.write(offset: offset, from: request.output.segments))
    }

    /// A discard or write-zeroes request has one range of sector, count and flags (5.2.6.2: other flags
    /// than `unmap`, and `unmap` for a discard, are not supported; wrong ranges are errors).
    private func planRange(
        _ request: Request, mayUnmap: Bool, _ operation: (UInt64, UInt64) -> BlockRequest.Operation
    ) -> Plan {
        let range = request.output.read(Self.rangeByteCount)
        guard request.output.byteCount == Self.rangeByteCount, !backend.isReadOnly else {
            return .finish(.ioError)
        }
        let flags = range.littleEndian(at: 12, byteCount: 4)
        guard flags & ~1 == 0, mayUnmap || flags == 0 else { return .finish(.unsupported) }
        let sectors = range.littleEndian(at: 8, byteCount: 4)
        let byteCount = Int(sectors * Self.sectorByteCount)
        guard sectors <= UInt64(Self.maximumRangeSectors),
            let offset = offset(range.littleEndian(at: 0, byteCount: 8), byteCount: byteCount)
        else { return .finish(.ioError) }
        if byteCount == 0 { return .finish(.success) }
        return changing(operation(offset, UInt64(byteCount)))
    }

    private static let rangeByteCount = 16

    /// A driver that did not accept the flush feature counts on a disk without a volatile cache
    /// (virtio 1.2, 5.2.6.2).
    private func changing(_ operation: BlockRequest.Operation) -> Plan {
        transport.isNegotiated(Feature.flush) ? .submit(operation) : .submitThenFlush(operation)
    }

    /// Where on the disk `byteCount` bytes from `sector` on begin, in bytes; nil unless they are whole
    /// sectors of the disk.
    private func offset(_ sector: UInt64, byteCount: Int) -> UInt64? {
        let sectors = UInt64(byteCount) / Self.sectorByteCount
        let capacity = backend.byteCount / Self.sectorByteCount
        guard UInt64(byteCount) % Self.sectorByteCount == 0, sector <= capacity, sectors <= capacity - sector
        else { return nil }
        return sector * Self.sectorByteCount
    }
}
