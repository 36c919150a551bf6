using System.Reflection;
using Bif.Engine.Sampling.Preconditioners;

namespace Bif.Engine.Sampling;

/// <summary>All samplers of this assembly, by name.</summary>
public static class SamplerCatalog
{
    private static readonly SortedDictionary<string, (Type Type, SamplerAttribute About)> Samplers = new(
        typeof(SamplerCatalog).Assembly.GetTypes()
            .Select(type => (Type: type, About: type.GetCustomAttribute<SamplerAttribute>()!))
            .Where(entry => entry.About is not null)
            .ToDictionary(entry => entry.About.Name),
        StringComparer.Ordinal);

    /// <summary>The names that <c>--sampler</c> takes.</summary>
    public static IReadOnlyCollection<string> Names => Samplers.Keys;

    /// <summary>What a sampler is and which preconditioners it can use.</summary>
    /// <exception cref="InputException">There is no such sampler.</exception>
    public static SamplerAttribute About(string name) => Samplers.TryGetValue(name, out var entry)
        ? entry.About
        : throw new InputException($"There is no sampler \"{name}\": choose one of {string.Join(", ", Names)}.");

    /// <summary>Builds the sampler that the settings name.</summary>
    /// <exception cref="InputException">There is no such sampler, or it cannot use the preconditioner.</exception>
    public static ISampler Create(SamplerSettings settings, Preconditioner preconditioner)
    {
        var about = About(settings.Sampler);
        return about.Preconditioners.Contains(preconditioner.Name)
            ? (ISampler)Activator.CreateInstance(Samplers[settings.Sampler].Type, new SamplerContext(settings, preconditioner))!
            : throw new InputException(
                $"The sampler {settings.Sampler} cannot use the preconditioner \"{preconditioner.Name}\": it takes {string.Join(", ", about.Preconditioners)}.");
    }
}
