namespace Bif.Engine.Models;

/// <summary>Names the <c>model_type</c> that an <see cref="Architecture"/> implements.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ModelTypeAttribute(string name) : Attribute
{
    /// <summary>The value of <c>model_type</c> in config.json.</summary>
    public string Name { get; } = name;
}
