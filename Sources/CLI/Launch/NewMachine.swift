// Making a machine's folder.
import GuestImages
import HostOS
import Machine
import Storage

/// A machine that is to be made.
struct NewMachine {
    var spec: MachineSpec
    var ownDisks: [MachineBundle.OwnDisk] = []

    /// A machine that boots `image` from its own copy of the image's disk.
    init(image: Image, adding words: String?) {
        let disk = image.manifest.disk.name
        spec = MachineSpec(image: image, disk: disk, adding: words)
        ownDisks = [.init(name: disk, source: image.disk.path)]
    }

    /// A machine of files of the host.
    init(spec: MachineSpec) { self.spec = spec }

    /// Checks that what it refers to exists, and makes the folder.
    func create(_ name: String, home: MachineHome, _ interruption: Interruption) throws -> MachineBundle {
        let path = try home.newPath(name)
        let parent = Folder.parent(of: path)
        // Refuses missing files and sizes that can not be, before anything is copied.
        _ = try spec.configuration(in: parent, name: name, images: home.bootImage)
        let own = ownDisks.map(\.name)
        for disk in spec.disks where !own.contains(disk.file) && !Folder.exists(disk.file) {
            throw DiskError.missing(path: disk.file)
        }
        var workFolder: String?
        defer { if let workFolder { interruption.finish(workFolder) } }
        return try MachineBundle.create(at: path, spec: spec, disks: ownDisks) {
            workFolder = $0
            interruption.begin($0)
        }
    }
}
