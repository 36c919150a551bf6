using Xunit;

namespace Bif.Testing;

/// <summary>A test on real data, skipped with a message where the data is missing.</summary>
internal sealed class SharedDataFactAttribute : FactAttribute
{
    /// <summary>Names what the test reads, relative to shared/data.</summary>
    public SharedDataFactAttribute(params string[] needed)
    {
        var missing = needed.FirstOrDefault(path => SharedData.Root is null || !Path.Exists(SharedData.At(path)));
        if (missing is not null)
        {
            Skip = $"../shared/data/{missing} is not there";
        }
    }
}
