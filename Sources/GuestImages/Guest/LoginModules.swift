// How the guest checks passwords and opens sessions.
import Foundation

/// The `/etc/pam.d/common-*` files, as pam-auth-update makes them from its templates when pam_unix is
/// the only module. They are the same to the byte and come with its records, so that the tool takes
/// them for its own when the packages are configured in the guest.
struct LoginModules {
    /// Where the templates of libpam-runtime are.
    let references: URL

    /// One kind of module stack.
    private struct Stack {
        /// The part after `common-`.
        let name: String
        /// What the templates call it.
        let variable: String
        /// The line that decides; in its record a jump past the stack is spelled `end`.
        let primary: String
        /// A line after that, for a session.
        var additional: String?
        /// What pam-auth-update notes of it.
        let record: String
    }

    private static let sessionRecord = """
        Module: null
        [default=1]\t\t\tpam_permit.so
        Module: unix
        required\tpam_unix.so

        """

    private static func session(_ name: String, variable: String) -> Stack {
        Stack(
            name: name, variable: variable, primary: "session\t[default=1]\t\t\tpam_permit.so",
            additional: "session\trequired\tpam_unix.so ", record: sessionRecord)
    }

    private static let stacks = [
        Stack(
            name: "auth", variable: "auth", primary: "auth\t[success=1 default=ignore]\tpam_unix.so nullok",
            record: "Module: unix\n[success=end default=ignore]\tpam_unix.so nullok\n"),
        Stack(
            name: "account", variable: "account",
            primary: "account\t[success=1 new_authtok_reqd=done default=ignore]\tpam_unix.so ",
            record: "Module: unix\n[success=end new_authtok_reqd=done default=ignore]\tpam_unix.so\n"),
        Stack(
            name: "password", variable: "password",
            primary: "password\t[success=1 default=ignore]\tpam_unix.so obscure yescrypt",
            record: "Module: unix\n[success=end default=ignore]\tpam_unix.so obscure yescrypt\n"),
        session("session", variable: "session"),
        session("session-noninteractive", variable: "session_nonint"),
    ]

    func write(to overlay: inout Overlay) throws {
        for stack in Self.stacks {
            let template = references.appendingPathComponent("usr/share/pam/common-\(stack.name)")
            let text = Self.fill(try HostFiles.text(template), stack)
            try overlay.addFile("/etc/pam.d/common-\(stack.name)", text)
            try overlay.addFile("/var/lib/pam/\(stack.name)", stack.record)
        }
        try overlay.addFile("/var/lib/pam/seen", "unix\nmkhomedir\n")
    }

    /// Puts the modules in the place of the template's variables; a variable without a value takes
    /// its line with it.
    private static func fill(_ template: String, _ stack: Stack) -> String {
        let values = [
            "$\(stack.variable)_primary": stack.primary,
            "$\(stack.variable)_additional": stack.additional ?? "",
        ]
        var lines = template.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines = lines.map { values[$0] ?? $0 }.enumerated()
            .filter { !$1.isEmpty || lines[$0].isEmpty }.map(\.element)
        return lines.joined(separator: "\n")
    }
}
