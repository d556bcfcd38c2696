// The PLIC: claim and complete, priorities, thresholds and level-triggered gateways.
import Devices
import MachineCore
import Testing

/// A PLIC with 96 sources and 4 contexts.
private final class Bench {
    let wires = PlatformWires()
    let plic: PLIC

    init(restoring state: PLIC.State = .init(sourceCount: 96, contextCount: 4)) throws {
        plic = try PLIC(.init(contextLines: wires.lines(4)), restoring: state)
    }

    subscript(offset: UInt64) -> UInt32 {
        get { UInt32(plic.read(at: offset, width: .word)) }
        set { plic.write(UInt64(newValue), at: offset, width: .word) }
    }

    func enable(_ source: UInt32, for context: UInt64, priority: UInt32) {
        self[UInt64(source) * 4] = priority
        self[0x2000 + context * 0x80 + UInt64(source / 32) * 4] |= 1 << (source % 32)
    }

    func claim(_ context: UInt64) -> UInt32 { self[Self.claimOffset(context)] }
    func complete(_ source: UInt32, _ context: UInt64) { self[Self.claimOffset(context)] = source }
    func isPending(_ source: UInt32) -> Bool {
        self[0x1000 + UInt64(source / 32) * 4] >> (source % 32) & 1 != 0
    }

    static func claimOffset(_ context: UInt64) -> UInt64 { 0x20_0004 + context * 0x1000 }
    static func thresholdOffset(_ context: UInt64) -> UInt64 { 0x20_0000 + context * 0x1000 }

    /// The wires that the registers ask for, worked out from nothing but register reads.
    func expectedNotification(of context: UInt64) -> Bool {
        let threshold = self[Self.thresholdOffset(context)]
        return (UInt32(1)..<96).contains { source in
            let enabled = self[0x2000 + context * 0x80 + UInt64(source / 32) * 4] >> (source % 32) & 1 != 0
            return enabled && isPending(source) && self[UInt64(source) * 4] > threshold
        }
    }
}

struct PLICTests {
    @Test func snapshotConformance() throws {
        try expectSnapshotConformance(
            powerOn: PLIC.State(sourceCount: 96, contextCount: 4),
            make: { try PLIC(.init(contextLines: PlatformWires().lines(4)), restoring: $0) },
            mutate: { plic in
                for source in UInt64(1)..<96 { plic.write(source % 8, at: source * 4, width: .word) }
                plic.write(0xffff_ffff, at: 0x2080, width: .word)
                plic.write(3, at: 0x20_2000, width: .word)
                for source in [3, 7, 15, 64, 95] { plic.setInput(source, to: true) }
                _ = plic.read(at: 0x20_1004, width: .word)
            },
            observe: { plic in
                var offsets: [UInt64] = [0x1000, 0x1004, 0x1008, 0x2080, 0x20_2000]
                offsets += [0x20_1004, 0x20_1004, 0x20_1004]
                offsets += (UInt64(0)..<96).map { $0 * 4 }
                return offsets.map { plic.read(at: $0, width: .word) }
            })
    }

    @Test func claimAndComplete() throws {
        let bench = try Bench()
        bench.enable(10, for: 1, priority: 1)
        #expect(bench.claim(1) == 0)
        bench.plic.setInput(10, to: true)
        #expect(bench.wires[1] && !bench.wires[0] && bench.isPending(10))
        #expect(bench.claim(1) == 10)
        #expect(!bench.wires[1] && !bench.isPending(10) && bench.claim(1) == 0)
        bench.plic.setInput(10, to: false)
        bench.complete(10, 1)
        #expect(!bench.wires[1] && !bench.isPending(10))
    }

    @Test func aSourceThatStaysHighPendsAgainOnlyAfterCompletion() throws {
        let bench = try Bench()
        bench.enable(5, for: 0, priority: 2)
        bench.plic.setInput(5, to: true)
        #expect(bench.claim(0) == 5)
        bench.plic.setInput(5, to: false)
        bench.plic.setInput(5, to: true)
        #expect(!bench.isPending(5), "the gateway is closed until completion")
        bench.complete(5, 0)
        #expect(bench.isPending(5) && bench.wires[0])
    }

    @Test func aRequestIsNotTakenBack() throws {
        let bench = try Bench()
        bench.enable(5, for: 0, priority: 2)
        bench.plic.setInput(5, to: true)
        bench.plic.setInput(5, to: false)
        #expect(bench.wires[0] && bench.claim(0) == 5)
        bench.complete(5, 0)
        #expect(bench.claim(0) == 0)
    }

    @Test func highestPriorityThenLowestNumber() throws {
        let bench = try Bench()
        for (source, priority) in [(UInt32(40), UInt32(3)), (7, 3), (95, 7), (2, 1), (1, 0)] {
            bench.enable(source, for: 2, priority: priority)
            bench.plic.setInput(Int(source), to: true)
        }
        #expect((0..<5).map { _ in bench.claim(2) } == [95, 7, 40, 2, 0])
        #expect(bench.isPending(1), "priority 0 never interrupts")
    }

    @Test func thresholdMasksNotificationsButNotClaims() throws {
        let bench = try Bench()
        bench.enable(9, for: 3, priority: 4)
        bench[Bench.thresholdOffset(3)] = 4
        bench.plic.setInput(9, to: true)
        #expect(!bench.wires[3])
        bench[Bench.thresholdOffset(3)] = 3
        #expect(bench.wires[3])
        bench[Bench.thresholdOffset(3)] = 7
        #expect(!bench.wires[3] && bench.claim(3) == 9)
    }

    @Test func completionNeedsAnEnabledSource() throws {
        let bench = try Bench()
        bench.enable(9, for: 0, priority: 1)
        bench.plic.setInput(9, to: true)
        #expect(bench.claim(0) == 9)
        bench.complete(9, 1)
        for nonsense in [UInt32(0), 8, 96, 0xffff_ffff] { bench.complete(nonsense, 0) }
        #expect(!bench.isPending(9), "context 1 has not enabled it")
        bench.complete(9, 0)
        #expect(bench.isPending(9))
    }

    @Test func oneSourceCanTargetSeveralContexts() throws {
        let bench = try Bench()
        bench.enable(9, for: 0, priority: 1)
        bench.enable(9, for: 1, priority: 1)
        bench.plic.setInput(9, to: true)
        #expect(bench.wires[0] && bench.wires[1])
        #expect(bench.claim(1) == 9 && bench.claim(0) == 0)
        #expect(!bench.wires[0] && !bench.wires[1])
    }

    @Test func registersHoldOnlyWhatExists() throws {
        let bench = try Bench()
        bench[4] = 0xffff_fff9
        #expect(bench[4] == 1)
        bench[0] = 7
        #expect(bench[0] == 0)
        for word in UInt64(0)..<32 { bench[0x2000 + word * 4] = ~0 }
        #expect(bench[0x2000] == 0xffff_fffe && bench[0x2008] == ~0 && bench[0x200c] == 0)
        bench[0x1000] = ~0
        #expect(bench[0x1000] == 0)
        #expect(bench[0x2000 + 4 * 0x80] == 0 && bench[0x20_0000 + 4 * 0x1000] == 0)
        bench[Bench.thresholdOffset(0)] = 0xff
        #expect(bench[Bench.thresholdOffset(0)] == 7)
    }

    @Test func otherWidthsDoNothing() throws {
        let bench = try Bench()
        bench.enable(9, for: 0, priority: 1)
        bench.plic.setInput(9, to: true)
        for width in [AccessWidth.byte, .half, .double] {
            #expect(bench.plic.read(at: 0x20_0004, width: width) == 0)
            bench.plic.write(0, at: 36, width: width)
        }
        #expect(bench[36] == 1 && bench.claim(0) == 9)
    }

    @Test func sourcesThatDoNotExistAreIgnored() throws {
        let bench = try Bench()
        let before = bench.plic.state
        for source in [Int.min, -1, 0, 96, 1023, Int.max] { bench.plic.setInput(source, to: true) }
        #expect(bench.plic.state == before)
    }

    @Test func restoringDrivesTheContexts() throws {
        let bench = try Bench()
        bench.enable(9, for: 2, priority: 1)
        bench.plic.setInput(9, to: true)
        #expect(try Bench(restoring: bench.plic.state).wires[2])
        bench.plic.reset()
        #expect(!bench.wires[2] && bench.plic.state == .init(sourceCount: 96, contextCount: 4))
    }

    @Test func sourceCountsThatAreNoMultipleOf32() throws {
        let state = PLIC.State(sourceCount: 33, contextCount: 1)
        let plic = try PLIC(.init(contextLines: PlatformWires().lines(1)), restoring: state)
        plic.write(0xffff_ffff, at: 0x2004, width: .word)
        #expect(plic.read(at: 0x2004, width: .word) == 1)
        plic.setInput(32, to: true)
        plic.write(1, at: 128, width: .word)
        #expect(plic.read(at: 0x20_0004, width: .word) == 32)
    }

    @Test func impossibleStatesAreRefused() {
        let changes: [(inout PLIC.State) -> Void] = [
            { $0.priorities = [] }, { $0.priorities = Array(repeating: 0, count: 1025) },
            { $0.priorities[0] = 1 }, { $0.priorities[3] = 8 }, { $0.contexts.removeLast() },
            { $0.contexts[1].threshold = 8 }, { $0.levels.words[0] = 1 }, { $0.pending.words = [0] },
            { $0.contexts[0].enabled.words.append(0) }, { $0.pending[4] = true; $0.claimed[4] = true },
        ]
        for change in changes {
            var state = PLIC.State(sourceCount: 96, contextCount: 4)
            change(&state)
            #expect(throws: StateError.self) { try Bench(restoring: state) }
        }
    }

    @Test func fuzz() throws {
        let bench = try Bench()
        var registers = (UInt64(0)..<97).map { $0 * 4 }
        for context in UInt64(0)..<5 {
            registers += (UInt64(0)..<4).map { 0x2000 + context * 0x80 + $0 * 4 }
            // Often, or hardly anything would ever be claimed and completed.
            for _ in 0..<20 { registers += [Bench.thresholdOffset(context), Bench.claimOffset(context)] }
        }
        var steps = 0
        bench.plic.fuzz(seed: 0x911c, offsets: registers) { random in
            bench.plic.setInput(Int(random.next() % 100), to: random.next() & 1 == 0)
            steps += 1
            guard steps % 500 == 0 else { return }
            for context in 0..<4 {
                #expect(bench.wires[context] == bench.expectedNotification(of: UInt64(context)))
            }
        }
        _ = try Bench(restoring: bench.plic.state)
    }
}
