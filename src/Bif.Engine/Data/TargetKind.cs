namespace Bif.Engine.Data;

/// <summary>What the last column of a table means.</summary>
public enum TargetKind
{
    /// <summary>A class index.</summary>
    Class,

    /// <summary>A number to predict.</summary>
    Number,
}
