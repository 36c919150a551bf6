using System.Reflection;

namespace Bif.Engine.Models;

/// <summary>All architectures of this assembly, by <c>model_type</c>.</summary>
public static class ArchitectureCatalog
{
    private static readonly SortedDictionary<string, Type> Types = new(
        typeof(ArchitectureCatalog).Assembly.GetTypes()
            .Select(type => (Type: type, type.GetCustomAttribute<ModelTypeAttribute>()?.Name))
            .Where(entry => entry.Name is not null)
            .ToDictionary(entry => entry.Name!, entry => entry.Type),
        StringComparer.Ordinal);

    /// <summary>The model types that are known.</summary>
    public static IReadOnlyCollection<string> ModelTypes => Types.Keys;

    /// <summary>Whether a model type takes text.</summary>
    public static bool IsLanguageModel(string modelType) => Types.TryGetValue(modelType, out var type) && type.IsSubclassOf(typeof(LanguageModel));

    /// <summary>Builds the architecture that the configuration names.</summary>
    /// <exception cref="InputException">The model type is unknown or its configuration is not usable.</exception>
    public static Architecture Create(ModelSource source)
    {
        if (!Types.TryGetValue(source.Config.ModelType, out var type))
        {
            throw source.Config.Invalid("model_type", $"\"{source.Config.ModelType}\" is not known: it is one of {string.Join(", ", Types.Keys)}");
        }

        try
        {
            return (Architecture)Activator.CreateInstance(type, source)!;
        }
        catch (TargetInvocationException error) when (error.InnerException is InputException inner)
        {
            throw new InputException(inner.Message, inner);
        }
    }
}
