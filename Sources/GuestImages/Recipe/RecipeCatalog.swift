// The recipes that `starling image build` knows.

/// All recipes by name.
public enum RecipeCatalog {
    /// Every recipe. The next one is one more element here.
    public static let all: [ImageRecipe] = [
        .debian(
            suite: "trixie", architecture: "riscv64", board: "virt-riscv",
            diskUUID: "53746172-6c69-4e67-8269-736376363401"),
        // Guest and host are one user's: the loops that clear the branch history at each system call would
        // cost an emulated CPU much and protect nobody.
        .debian(
            suite: "bookworm", architecture: "amd64", board: "pc",
            diskUUID: "53746172-6c69-4e67-8178-38362d363401", drivers: ["virtio_pci"],
            kernelWords: ["mitigations=off"]),
    ]

    /// The recipe called `name`.
    /// - Throws: `ImageError.unknownRecipe`.
    public static func recipe(named name: String) throws -> ImageRecipe {
        guard let recipe = all.first(where: { $0.name == name }) else {
            throw ImageError.unknownRecipe(name: name, known: all.map(\.name))
        }
        return recipe
    }
}
