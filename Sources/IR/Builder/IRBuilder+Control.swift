// The verbs that decide where the next instruction is, and the terminator that comes of them.
import MachineCore

extension IRBuilder {
    public mutating func jump(to target: IRValue) {
        if isSealed { return }
        let definition = definition(target)
        ending =
            definition.op == .programCounter
            ? .jump(distance: definition.distance) : .jumpToValue(target)
    }

    public mutating func jump(offset: Int64) {
        ending = .jump(distance: currentDistance &+ offset)
    }

    public mutating func branch(if condition: IRCondition, offset: Int64) {
        if isSealed { return }
        if let known = known(condition) {
            if known { jump(offset: offset) }
            return
        }
        let taken = currentDistance &+ offset
        switch ending {
        case .none: ending = .branch(condition, taken: taken, otherwise: nextDistance)
        case .jump(let otherwise): ending = .branch(condition, taken: taken, otherwise: otherwise)
        case .jumpToValue, .branch:
            let otherwise = endingAddress()
            ending = .jumpToValue(select(condition, address(taken), otherwise))
        }
    }

    public mutating func raise(_ cause: UInt64, _ value: IRValue) {
        emit(IRInstruction(.raise, value.index, immediate: cause))
        isSealed = true
    }

    public mutating func raise(if condition: IRCondition, _ cause: UInt64, _ value: IRValue) {
        switch known(condition) {
        case true: raise(cause, value)
        case false: break
        // A condition that was asked before has not held, or this would not be reached.
        case nil where passed.contains(condition): break
        case nil:
            emit(IRInstruction(.raiseIf, condition.index, value.index, immediate: cause))
            passed.note(condition)
        }
    }

    public mutating func endBlock() { mustExit = true }

    /// Makes the block a trace: the next instruction will be the one at `distance`, where the code has
    /// gone from here before. Where it goes elsewhere, the trace is left.
    /// - Returns: false when the block can not go on there: it ends here.
    public mutating func follow(to distance: Int64) -> Bool {
        if isSealed || mustExit { return false }
        switch ending {
        case .none: if distance != nextDistance { return false }
        case .jump(let target): if distance != target { return false }
        case .jumpToValue(let target):
            let isElsewhere = not(isEqual(target, address(distance)))
            emit(IRInstruction(.exitToValueIf, isElsewhere.index, target.index))
        case .branch(let condition, let taken, let otherwise):
            if distance == taken {
                let leaves = not(condition)
                emit(IRInstruction(.exitIf, leaves.index, immediate: UInt64(bitPattern: otherwise)))
            } else if distance == otherwise {
                emit(IRInstruction(.exitIf, condition.index, immediate: UInt64(bitPattern: taken)))
            } else {
                return false
            }
        }
        isTrace = isTrace || distance != nextDistance
        ending = .none
        nextDistance = distance
        return true
    }

    /// Ends the block by going to `distance`, and early where the code goes elsewhere.
    public mutating func close(to distance: Int64) {
        if follow(to: distance) { ending = .jump(distance: distance) }
    }

    /// Writes the terminator, if there is none yet.
    mutating func seal() {
        if isSealed { return }
        emit(mustExit ? exitTerminator() : terminator())
        isSealed = true
    }

    private mutating func terminator() -> IRInstruction {
        switch ending {
        case .none: return IRInstruction(.jump, immediate: UInt64(bitPattern: nextDistance))
        case .jump(let distance): return IRInstruction(.jump, immediate: UInt64(bitPattern: distance))
        case .jumpToValue(let target): return IRInstruction(.jumpToValue, target.index)
        case .branch(let condition, let taken, let otherwise):
            // A jump far away, overridden by a branch in the same instruction, may not fit.
            guard let near = Int32(exactly: otherwise) else {
                return IRInstruction(.jumpToValue, endingAddress().index)
            }
            return IRInstruction(
                .branch, condition.index, immediate: UInt64(bitPattern: taken), otherwise: near)
        }
    }

    private mutating func exitTerminator() -> IRInstruction {
        switch ending {
        case .none: return IRInstruction(.exit, immediate: UInt64(bitPattern: nextDistance))
        case .jump(let distance): return IRInstruction(.exit, immediate: UInt64(bitPattern: distance))
        case .jumpToValue, .branch: return IRInstruction(.exitToValue, endingAddress().index)
        }
    }

    /// The next instruction's address as a value.
    private mutating func endingAddress() -> IRValue {
        switch ending {
        case .none: address(nextDistance)
        case .jump(let distance): address(distance)
        case .jumpToValue(let target): target
        case .branch(let condition, let taken, let otherwise):
            select(condition, address(taken), address(otherwise))
        }
    }
}
