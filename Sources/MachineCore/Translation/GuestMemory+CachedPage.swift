// What an entry of a translation cache says, for people.

extension GuestMemory {
    /// The page that `entry` stands for; nil when it stands for none.
    public func cachedPage(_ entry: TranslationEntry) -> CachedPage? {
        let tags = [("r", entry.readTag), ("w", entry.writeTag), ("x", entry.fetchTag)]
        let valid = tags.filter { $0.1 != TranslationEntry.invalidTag }
        guard let page = valid.first?.1 else { return nil }
        let host = page &+ entry.bias
        return CachedPage(
            page: page, physical: base &+ (host &- UInt64(UInt(bitPattern: hostBase))),
            accesses: valid.map(\.0).joined())
    }
}
