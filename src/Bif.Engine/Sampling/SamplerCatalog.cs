using System.Reflection;

namespace Bif.Engine.Sampling;

/// <summary>All samplers of this assembly, by name.</summary>
public static class SamplerCatalog
{
    private static readonly SortedDictionary<string, Type> Types = new(
        typeof(SamplerCatalog).Assembly.GetTypes()
            .Select(type => (Type: type, type.GetCustomAttribute<SamplerAttribute>()?.Name))
            .Where(entry => entry.Name is not null)
            .ToDictionary(entry => entry.Name!, entry => entry.Type),
        StringComparer.Ordinal);

    /// <summary>The names that <c>--sampler</c> takes.</summary>
    public static IReadOnlyCollection<string> Names => Types.Keys;

    /// <summary>Builds the sampler that the settings name.</summary>
    /// <exception cref="InputException">There is no such sampler.</exception>
    public static ISampler Create(SamplerSettings settings) => Types.TryGetValue(settings.Sampler, out var type)
        ? (ISampler)Activator.CreateInstance(type, settings)!
        : throw new InputException(
            $"There is no sampler \"{settings.Sampler}\": choose one of {string.Join(", ", Names)}.");
}
