// Which kernel modules need which.

/// The table that depmod writes: `path: path path ...` per module, the nearest dependency first
/// (modules.dep(5)).
struct ModuleTable {
    /// Module name to its path and the paths that it needs.
    private var entries: [String: (path: String, needs: [String])] = [:]

    init(modulesDep text: String) {
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let path = String(line[..<colon])
            let needs = line[line.index(after: colon)...].split(separator: " ").map(String.init)
            entries[Self.name(of: path)] = (path, needs)
        }
    }

    /// The paths to load for `modules`, each once and after all that it needs.
    /// - Throws: `ImageError.unexpectedPackage` for a module that is not there.
    func loadOrder(of modules: [String], package: String) throws -> [String] {
        var order: [String] = []
        for module in modules {
            guard let entry = entries[Self.name(of: module)] else {
                throw ImageError.unexpectedPackage(package: package, reason: "it has no module '\(module)'")
            }
            for path in entry.needs.reversed() + [entry.path] where !order.contains(path) {
                order.append(path)
            }
        }
        return order
    }

    /// The kernel takes `-` and `_` in module names for the same.
    static func name(of path: String) -> String {
        let file = path.split(separator: "/").last ?? ""
        return String(file.prefix { $0 != "." }.map { $0 == "-" ? "_" : $0 })
    }
}
