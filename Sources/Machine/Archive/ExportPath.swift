// Names of files that become others in an archive.
import HostOS
import Storage

/// Paths on the host, and what stands for them in an archive.
enum ExportPath {
    /// The same path without `.`, `//` and `..`, as text: links are not followed.
    static func plain(_ path: String) -> String {
        var parts: [Substring] = []
        for part in Folder.absolute(path).split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// The first bytes that the qcow2 image at `path` gets in the archive; none when it can stay as it is. Images
    /// name what they are based on relatively there.
    /// - Parameters:
    ///   - folder: where the images of the machine are.
    ///   - name: the path in the archive of a file with this whole path.
    static func beginning(
        ofImage path: String, in folder: String, name: (String) -> String?
    ) throws(ArchiveError) -> [UInt8] {
        guard let old = try image({ () throws(QCOW2Error) in try QCOW2Disk.backingName(of: path) }) else { return [] }
        let base = plain(old.hasPrefix("/") ? old : "\(folder)/\(old)")
        let new = base.hasPrefix(plain(folder) + "/") ? Folder.name(of: base) : name(base).map { "../\($0)" }
        if new == old { return [] }
        let beginning = try image { () throws(QCOW2Error) in
            try new.flatMap { new throws(QCOW2Error) in try QCOW2Disk.beginning(of: path, naming: new) }
        }
        guard let beginning else {
            throw .disk(
                why: "\(path) is based on \(SpecText.shown(old)), which can not get another name there: copy that disk "
                    + "into the machine's folder, name it in machine.yaml, and export the machine again")
        }
        return beginning
    }

    private static func image<Value>(_ body: () throws(QCOW2Error) -> Value) throws(ArchiveError) -> Value {
        do { return try body() } catch { throw .disk(why: "\(error)") }
    }
}
