using System.Reflection;

namespace Bif.Engine.Baselines;

/// <summary>All comparison methods of this assembly, by name.</summary>
public static class AttributionMethodCatalog
{
    /// <summary>The word that stands for every similarity of inputs or features.</summary>
    public const string Similarity = "similarity";

    private static readonly string[] Similarities = ["embedding", "pixels"];

    private static readonly SortedDictionary<string, (Type Type, AttributionMethodAttribute About)> Methods = new(
        typeof(AttributionMethodCatalog).Assembly.GetTypes()
            .Select(type => (Type: type, About: type.GetCustomAttribute<AttributionMethodAttribute>()!))
            .Where(entry => entry.About is not null)
            .ToDictionary(entry => entry.About.Name),
        StringComparer.Ordinal);

    /// <summary>Every method with what it is.</summary>
    public static IReadOnlyCollection<AttributionMethodAttribute> All => [.. Methods.Values.Select(entry => entry.About)];

    /// <summary>The methods that a word names: one, also with a setting (<c>ekfac@30</c>), or for <c>similarity</c> those of features and of pixels.</summary>
    /// <exception cref="InputException">There is no such method.</exception>
    public static IReadOnlyList<string> Named(string word) => word == Similarity ? Similarities
        : MethodVariant.Parse(word) is var variant && Methods.ContainsKey(variant.Method) ? [variant.Name]
        : throw new InputException($"There is no comparison method \"{word}\": choose from {string.Join(", ", Methods.Keys)}, {Similarity} (embedding and pixels).");

    /// <summary>Whether a word names methods of this catalog.</summary>
    public static bool Knows(string word) => word == Similarity || Methods.ContainsKey(MethodVariant.FamilyOf(word));

    /// <summary>Makes a method.</summary>
    /// <exception cref="InputException">There is no such method.</exception>
    public static IAttributionMethod Create(string name) => Named(name) is [var one] && Methods.TryGetValue(one, out var entry)
        ? (IAttributionMethod)Activator.CreateInstance(entry.Type)!
        : throw new InputException($"\"{name}\" stands for several comparison methods: name one of {string.Join(", ", Similarities)}.");
}
