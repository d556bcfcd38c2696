// Writes the list of workloads as a shell function for the guest.

/// The file `commands.sh` of the guest: `workload NAME AMOUNT` runs a workload with `$N` = AMOUNT.
enum CommandsScript {
    static let text: String = {
        var commands = Workload.all.map { ($0.name, $0.command) }
        commands += HartScaling.commands.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let cases = commands.map { name, command in "    \(name)) \(command) ;;\n" }.joined()
        return """
            # Made from the list in Workloads.swift.
            workload() {
                N=$2
                case $1 in
            \(cases)    *) echo "unknown workload" >&2; return 2 ;;
                esac
            }

            """
    }()
}
