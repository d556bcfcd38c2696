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
            let cpu = missed(context)
            guard let value = cpu.load(address, site.accessWidth) else { return 1 }
            context.pointee.result = value
            return 0
        },
        store: { state, address, site in
            let context = ExecutionContext.of(state)
            let cpu = missed(context)
            return cpu.store(address, context.pointee.argumentB, site.accessWidth) ? 0 : 1
        },
        prepareWrite: { state, address, site in
            missed(ExecutionContext.of(state)).prepareWrite(address, site.accessWidth) ? 0 : 1
        },
        help: { state, helper, site in
            processor(ExecutionContext.of(state)).help(UInt16(truncatingIfNeeded: helper), site) ? 0 : 1
        },
        float: { state, code in
            processor(ExecutionContext.of(state)).computeFloat(code)
        })

    /// The CPU, after an access that the TLB did not serve.
    private static func missed(_ context: UnsafeMutablePointer<ExecutionContext>) -> any TranslatableCPU {
        let processor = processor(context)
        processor.exits.misses += 1
        return processor.cpu
    }

    @inline(__always)
    private static func processor(_ context: UnsafeMutablePointer<ExecutionContext>) -> JITProcessor {
        // The processor runs the code that calls here, so it is alive; the engine put it there.
        let pointer = UnsafeRawPointer(bitPattern: UInt(context.pointee.owner)).unsafelyUnwrapped
        return Unmanaged<JITProcessor>.fromOpaque(pointer).takeUnretainedValue()
    }
}

extension UInt64 {
    /// The access width in a site's description.
    fileprivate var accessWidth: AccessWidth { SiteInfo.width(self) }
}
