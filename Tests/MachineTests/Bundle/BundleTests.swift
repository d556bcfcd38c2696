// Machines on disk: made, found, listed and removed as a whole.
import Foundation
import HostOS
import Testing

@testable import Machine

@Suite struct BundleTests {
    private let folder: TemporaryFolder
    private let home: MachineHome
    private let spec = MachineSpec(boot: .bare("prog.elf"))

    init() throws {
        folder = try TemporaryFolder()
        home = MachineHome(path: folder("home"))
    }

    @discardableResult
    private func create(_ name: String, disks: [MachineBundle.OwnDisk] = []) throws -> MachineBundle {
        try MachineBundle.create(at: try home.newPath(name), spec: spec, disks: disks)
    }

    @Test func createAndFind() throws {
        try folder.write("disk.raw", [1, 2, 3])
        let bundle = try create("web", disks: [.init(name: "root.raw", source: folder("disk.raw"))])
        #expect(bundle.name == "web")
        #expect(bundle.path == folder("home/machines/web.starling"))
        #expect(try bundle.spec() == spec)
        #expect(try folder.read("home/machines/web.starling/root.raw") == [1, 2, 3])
        #expect(try home.bundle("web") == bundle)
        #expect(try home.bundle(bundle.path) == bundle)
        #expect(try home.bundle(bundle.path + "/") == bundle)
        #expect(try home.list() == [bundle])
        // Nothing but the machine is left.
        #expect(try Folder.names(in: home.machines) == ["web.starling"])
        #expect(try Folder.names(in: bundle.path) == ["machine.yaml", "root.raw"])
    }

    @Test func listIsByName() throws {
        #expect(try home.list().isEmpty)
        for name in ["b", "a", "a-b"] { try create(name) }
        try Folder.make(home.machines + "/broken.starling")
        try Folder.make(home.machines + "/other")
        #expect(try home.list().map(\.name) == ["a", "a-b", "b"])
    }

    @Test func existingNames() throws {
        let bundle = try create("web")
        #expect(throws: BundleError.exists(name: "web", path: bundle.path)) { try create("web") }
        // Somebody else was quicker between the check and the making.
        #expect(throws: BundleError.exists(name: "web", path: bundle.path)) {
            try MachineBundle.create(at: bundle.path, spec: spec)
        }
        #expect(try Folder.names(in: home.machines) == ["web.starling"])
    }

    @Test func failuresLeaveNothing() throws {
        try create("first")
        #expect(throws: BundleError.self) {
            try create("web", disks: [.init(name: "root.raw", source: folder("missing.raw"))])
        }
        // Paths that could not be read again, or not as they are.
        for bad in ["a\nb", "\u{feff}a", ""] {
            let spec = MachineSpec(boot: .bare(bad))
            #expect(throws: MachineSpecError.self) { try MachineBundle.create(at: home.newPath("web"), spec: spec) }
        }
        #expect(try Folder.names(in: home.machines) == ["first.starling"])
    }

    @Test func killedCreationsAreCleared() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/true")
        try process.run()
        process.waitUntilExit()
        let dead = home.machines + "/.work-\(process.processIdentifier)-web.starling"
        let alive = home.machines + "/.work-\(getppid())-web.starling"
        for path in [dead, alive] { try Folder.makeAll(path + "/sub") }
        try create("web")
        #expect(!Folder.exists(dead))
        #expect(Folder.exists(alive))
        #expect(try home.list().map(\.name) == ["web"])
    }

    @Test func theWorkFolderIsTold() throws {
        var told: String?
        _ = try MachineBundle.create(at: home.newPath("web"), spec: spec) { told = $0 }
        let path = try #require(told)
        #expect(Folder.parent(of: path) == home.machines)
        #expect(!Folder.exists(path))
    }

    @Test(arguments: ["", "-a", ".a", "_a", "a b", "a\n", "ä", "a:b", String(repeating: "a", count: 65), "a*"])
    func badNames(_ name: String) {
        #expect(throws: BundleError.badName(name)) { try home.newPath(name) }
        #expect(throws: BundleError.badName(name)) { try home.bundle(name) }
        #expect(!BundleError.badName(name).description.contains("\n"))
    }

    @Test(arguments: ["a", "A1", "0", "a.b_c-d", "a.", "a..b", String(repeating: "z", count: 64)])
    func goodNames(_ name: String) throws { #expect(try create(name).name == name) }

    @Test func paths() throws {
        #expect(try home.newPath(folder("x")) == folder("x.starling"))
        #expect(try home.newPath(folder("x.starling/")) == folder("x.starling"))
        #expect(try home.newPath("x.starling") == FileManager.default.currentDirectoryPath + "/x.starling")
        #expect(throws: BundleError.badName("")) { try home.newPath(".starling") }
        #expect(throws: BundleError.badName("a b")) { try home.newPath(folder("a b")) }
    }

    @Test func missingMachines() throws {
        try create("web-1")
        let path = home.machines + "/web-2.starling"
        #expect(throws: BundleError.notFound(name: "web-2", path: path, near: "web-1")) { try home.bundle("web-2") }
        let missing = BundleError.notFound(name: "no", path: folder("no"), near: nil)
        #expect(throws: missing) { try home.bundle(folder("no")) }
        #expect(throws: BundleError.notABundle(path: folder.path)) { try home.bundle(folder.path) }
    }

    @Test func homes() throws {
        func path(_ environment: [String: String]) throws -> String { try MachineHome(environment: environment).path }
        #expect(try path(["STARLING_HOME": "/s", "XDG_DATA_HOME": "/x", "HOME": "/h"]) == "/s")
        #expect(try path(["STARLING_HOME": "", "XDG_DATA_HOME": "/x", "HOME": "/h"]) == "/x/starling")
        #expect(try path(["XDG_DATA_HOME": "relative", "HOME": "/h"]) == "/h/.local/share/starling")
        #expect(try path(["HOME": "/h"]) == "/h/.local/share/starling")
        #expect(throws: BundleError.noHome) { try path([:]) }
    }

    @Test func removal() throws {
        let bundle = try create("web")
        try FileManager.default.createSymbolicLink(atPath: bundle.path + "/link", withDestinationPath: folder.path)
        try Folder.makeAll(bundle.path + "/a/b")
        try bundle.remove()
        #expect(try Folder.names(in: home.machines).isEmpty)
        // The link was removed, not what it leads to.
        #expect(Folder.exists(folder.path))
        #expect(throws: BundleError.notABundle(path: bundle.path)) { try bundle.remove() }
        #expect(throws: BundleError.notABundle(path: bundle.path)) { try bundle.lock() }
    }
}
