using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Bif.Native;
using TorchSharp;
using Xunit;

namespace Bif.Torch.Tests;

public sealed class OperatorNamesTests
{
    // Called only where libtorch has it.
    private static readonly string[] Optional = ["aten::scaled_dot_product_attention"];

    [Fact]
    public void Every_operator_that_a_wrapper_names_exists()
    {
        using var file = File.OpenRead(typeof(torch).Assembly.Location);
        using var image = new PEReader(file);
        var names = Literals(image.GetMetadataReader()).Where(text => text.StartsWith("aten::", StringComparison.Ordinal)).ToList();
        Assert.True(names.Count > 200, $"only {names.Count} names were found");
        Assert.DoesNotContain(names.Except(Optional), name => !Operator.Exists(name));
    }

    private static IEnumerable<string> Literals(MetadataReader reader)
    {
        for (var handle = MetadataTokens.UserStringHandle(1); !handle.IsNil; handle = reader.GetNextHandle(handle))
        {
            yield return reader.GetUserString(handle);
        }
    }
}
