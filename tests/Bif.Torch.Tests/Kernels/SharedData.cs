using Xunit;

namespace Bif.Torch.Tests.Kernels;

/// <summary>The real data beside the repository, in <c>../shared/data</c>; not every machine has it.</summary>
internal static class SharedData
{
    private static readonly string? Root = Find();

    /// <summary>The path of a file there.</summary>
    public static string Path(string file) => System.IO.Path.Combine(Root ?? "../shared/data", file);

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = System.IO.Path.Combine(folder.FullName, "shared", "data");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}

/// <summary>A test that is skipped, saying so, where a file of the real data is missing.</summary>
internal sealed class DataFactAttribute : FactAttribute
{
    public DataFactAttribute(string file)
    {
        if (!File.Exists(SharedData.Path(file)) && !Directory.Exists(SharedData.Path(file)))
        {
            Skip = $"{file} is not in ../shared/data";
        }
    }
}
