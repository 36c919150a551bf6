using System.Runtime.Loader;
using TorchSharp;
using Xunit;

namespace Bif.Torch.Tests.Api;

public sealed class TorchSharpAgreementTests
{
    [TorchSharpFact]
    public void Every_public_member_is_one_of_TorchSharp_with_the_same_signature()
    {
        var context = new AssemblyLoadContext("TorchSharp", isCollectible: true);
        context.Resolving += FromPackages;
        try
        {
            var ours = typeof(torch).Assembly;
            var theirs = context.LoadFromAssemblyPath(Path.GetFullPath(TorchSharpFactAttribute.File!));
            var members = PublicApi.Of(ours);
            Assert.True(members.Count > 500, $"only {members.Count} public members were found");
            Assert.Empty(members.Except(PublicApi.Callable(theirs, PublicApi.Types(ours))).Order(StringComparer.Ordinal));
        }
        finally
        {
            context.Unload();
        }
    }

    // What TorchSharp refers to lies beside it, or in the packages beside its own: PACKAGES/torchsharp/0.107.0/lib/net8.0.
    private static System.Reflection.Assembly? FromPackages(AssemblyLoadContext context, System.Reflection.AssemblyName wanted)
    {
        var folder = new FileInfo(TorchSharpFactAttribute.File!).Directory!;
        var package = folder.Parent?.Parent?.Parent?.Parent is { } root ? new DirectoryInfo(Path.Combine(root.FullName, wanted.Name!.ToLowerInvariant())) : folder;
        var file = package.Exists
            ? package.GetFiles(wanted.Name + ".dll", SearchOption.AllDirectories).Where(each => each.FullName.Contains("netstandard", StringComparison.Ordinal))
                .MaxBy(each => each.FullName, StringComparer.Ordinal)
            : folder.GetFiles(wanted.Name + ".dll").FirstOrDefault();
        return file is null ? null : context.LoadFromAssemblyPath(file.FullName);
    }
}

/// <summary>A test that compares with a TorchSharp assembly; its file is named by TORCHSHARP_ASSEMBLY.</summary>
public sealed class TorchSharpFactAttribute : FactAttribute
{
    public TorchSharpFactAttribute()
    {
        if (!System.IO.File.Exists(File))
        {
            Skip = "TORCHSHARP_ASSEMBLY does not name TorchSharp's assembly (TorchSharp.dll of the package, version 0.107).";
        }
    }

    public static string? File => Environment.GetEnvironmentVariable("TORCHSHARP_ASSEMBLY");
}
