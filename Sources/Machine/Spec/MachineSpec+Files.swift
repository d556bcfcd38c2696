// The files that a machine is made of.

extension MachineSpec {
    /// The same machine with other names of its files: those that it boots and its disks. What belongs to an image
    /// stays as it is.
    /// - Parameter name: the new name for a file.
    public func mappingFiles<Failure: Error>(
        _ name: (String) throws(Failure) -> String
    ) throws(Failure) -> MachineSpec {
        var spec = self
        switch boot {
        case .bare(let path): spec.boot = .bare(try name(path))
        case .firmware(let path): spec.boot = .firmware(try name(path))
        case .linux(let linux, let firmware):
            var changed: String?
            if let firmware { changed = try name(firmware) }
            spec.boot = .linux(try linux.mappingFiles(name), firmware: changed)
        }
        for index in disks.indices { spec.disks[index].file = try name(disks[index].file) }
        return spec
    }
}

extension MachineSpec.Linux {
    fileprivate func mappingFiles<Failure: Error>(
        _ name: (String) throws(Failure) -> String
    ) throws(Failure) -> MachineSpec.Linux {
        var linux = self
        if case .files(let kernel, let initrd) = source {
            var changed: String?
            if let initrd { changed = try name(initrd) }
            linux.source = .files(kernel: try name(kernel), initrd: changed)
        }
        if let deviceTree { linux.deviceTree = try name(deviceTree) }
        return linux
    }
}
