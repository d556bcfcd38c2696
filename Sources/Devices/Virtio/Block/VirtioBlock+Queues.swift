// The life of a block request: from the queue to the back end and back.
import MachineCore

extension VirtioBlock {
    public func notify(queue: Int) {
        transport.forEachChain(Self.requestQueue) { start($0) }
    }

    /// Begins the request in `chain`, or finishes it where nothing is left to wait for.
    func start(_ chain: DescriptorChain) {
        guard let request = Request(chain) else {
            transport.fail("a request without room for its header or its status")
            return
        }
        guard !state.inFlight.contains(chain.head) else {
            transport.fail("chain \(chain.head) was made available while it is in use")
            return
        }
        switch plan(request) {
        case .finish(let status):
            finish(request, status)
        case .submit(let operation):
            state.inFlight.append(request.head)
            submit(operation, for: request) { $0.settle(request, $1) }
        case .submitThenFlush(let operation):
            state.inFlight.append(request.head)
            submit(operation, for: request) { device, status in
                guard status == .success else { return device.settle(request, status) }
                device.submit(.flush, for: request) { $0.settle(request, $1) }
            }
        }
    }

    /// Gives an operation to the back end. The outcome goes to `then` unless the device was reset
    /// meanwhile: the queue that the request came from does not exist any more then.
    private func submit(
        _ operation: BlockRequest.Operation, for request: Request,
        then: @escaping (VirtioBlock, BlockStatus) -> Void
    ) {
        outstandingCount += 1
        let submittedIn = generation
        // The device, and through it the RAM that the segments point to, lives until the back end is done.
        backend.submit(BlockRequest(operation)) { [self] status in
            outstandingCount -= 1
            if submittedIn == generation { then(self, status) }
        }
    }

    private func settle(_ request: Request, _ status: BlockStatus) {
        state.inFlight.removeAll { $0 == request.head }
        finish(request, RequestStatus(status))
        transport.signal(Self.requestQueue)
    }

    /// Writes the outcome and returns the chain. Nothing is written once the device has failed.
    private func finish(_ request: Request, _ status: RequestStatus) {
        guard transport.isRunning else { return }
        request.status.write([status.rawValue])
        // The used length counts from the start of the writable part (virtio 1.2, 2.7.8.2). After an
        // error the data is not wholly there, so the outcome behind it must not be counted either.
        let isWhole = status == .success || request.input.byteCount == 0
        let written = isWhole ? request.input.byteCount + 1 : 0
        transport.complete(Self.requestQueue, head: request.head, written: written)
    }
}
