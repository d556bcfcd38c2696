// The accounts of the guest.

/// Turns base-passwd's master files into the files of `/etc`: everyone locked but root, who needs no
/// password on the console.
struct Accounts {
    let passwd: String
    let group: String
    let shadow: String
    let groupShadow: String

    /// Fields are as in passwd(5), group(5), shadow(5).
    init(passwdMaster: String, groupMaster: String) {
        let users = Self.records(passwdMaster, fieldCount: 7)
        let groups = Self.records(groupMaster, fieldCount: 4)
        passwd = Self.text(users.map { [$0[0], "x"] + $0[2...] })
        group = Self.text(groups.map { [$0[0], "x"] + $0[2...] })
        // The third field is the day of the last change of the password: any but 0, which forces one.
        shadow = Self.text(
            users.map { [$0[0], $0[0] == "root" ? "" : "*", "20000", "0", "99999", "7", "", "", ""] })
        groupShadow = Self.text(groups.map { [$0[0], "*", "", ""] })
    }

    private static func records(_ text: String, fieldCount: Int) -> [[String]] {
        text.split(separator: "\n")
            .map { $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init) }
            .filter { $0.count == fieldCount }
    }

    private static func text(_ records: [[String]]) -> String {
        records.map { $0.joined(separator: ":") + "\n" }.joined()
    }
}
