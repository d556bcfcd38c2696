// The recipes that `starling image build` knows.

/// All recipes by name.
public enum RecipeCatalog {
    /// Every recipe. The next one is one more element here.
    public static let all: [ImageRecipe] = [
        .debian(suite: "trixie", architecture: "riscv64", board: "virt-riscv")
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
