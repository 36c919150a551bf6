using Bif.Engine.Downloads;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Downloads;

public sealed class ChecksumTests
{
    [Theory]
    [InlineData("git", "ce013625030ba8dba906f756967f9e9ca394464a")]
    [InlineData("md5", "b1946ac92492d2347c6235b4d2611184")]
    [InlineData("sha256", "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03")]
    public async Task Known_hashes_of_a_line(string algorithm, string hex)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.At("file"), "hello\n");
        Assert.True(await new Checksum(algorithm, hex).Matches(folder.At("file"), default));
        await File.WriteAllTextAsync(folder.At("file"), "hellp\n");
        Assert.False(await new Checksum(algorithm, hex).Matches(folder.At("file"), default));
    }
}
