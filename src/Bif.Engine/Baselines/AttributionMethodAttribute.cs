namespace Bif.Engine.Baselines;

/// <summary>Names a comparison method.</summary>
/// <param name="name">The word on the command line and the stem of its files.</param>
/// <param name="summary">What it is, in a line.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class AttributionMethodAttribute(string name, string summary) : Attribute
{
    /// <summary>The word on the command line and the stem of its files.</summary>
    public string Name { get; } = name;

    /// <summary>What it is, in a line.</summary>
    public string Summary { get; } = summary;
}
