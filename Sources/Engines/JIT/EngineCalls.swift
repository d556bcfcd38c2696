// The functions that generated code calls, and the way from a state block to its processor.
import CodegenX86
import IR
import MachineCore
import SoftFloat

/// Calls out of generated code, as C functions without captures.
enum EngineCalls {
    static let functions = EngineFunctions(
        load: { state, address, site in
            let context = ExecutionContext.of(state)
            return withMiss(context) { cpu in
                guard let value = cpu.load(address, site.accessWidth) else { return 1 }
                context.pointee.result = value
                return 0
            }
        },
        store: { state, address, site in
            let context = ExecutionContext.of(state)
            return withMiss(context) { cpu in
                cpu.store(address, context.pointee.argumentB, site.accessWidth) ? 0 : 1
            }
        },
        prepareWrite: { state, address, site in
            withMiss(ExecutionContext.of(state)) { cpu in cpu.prepareWrite(address, site.accessWidth) ? 0 : 1 }
        },
        help: { state, helper, site in
            withProcessor(ExecutionContext.of(state)) { processor in
                processor.help(UInt16(truncatingIfNeeded: helper), site) ? 0 : 1
            }
        },
        float: { state, code in
            withProcessor(ExecutionContext.of(state)) { processor in processor.computeFloat(code) }
        })

    /// Serves an access that the TLB did not.
    @inline(__always)
    private static func withMiss(
        _ context: UnsafeMutablePointer<ExecutionContext>, _ body: (any TranslatableCPU) -> UInt32
    ) -> UInt32 {
        withProcessor(context) { processor in
            processor.exits.misses += 1
            return body(processor.cpu)
        }
    }

    /// The processor runs the code that calls here, so it is alive and need not be retained; the engine
    /// put its address there.
    @inline(__always)
    private static func withProcessor<Result>(
        _ context: UnsafeMutablePointer<ExecutionContext>, _ body: (JITProcessor) -> Result
    ) -> Result {
        let pointer = UnsafeRawPointer(bitPattern: UInt(context.pointee.owner)).unsafelyUnwrapped
        return Unmanaged<JITProcessor>.fromOpaque(pointer)._withUnsafeGuaranteedRef { body($0) }
    }
}

extension UInt64 {
    /// The access width in a site's description.
    fileprivate var accessWidth: AccessWidth { SiteInfo.width(self) }
}
