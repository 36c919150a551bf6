using Bif.Engine.Data;
using Xunit;

namespace Bif.Engine.Tests.Data;

public sealed class DataPathTests
{
    [Fact]
    public void A_bound_of_any_length_reaches_beyond_the_items()
        => Assert.Contains("reaches beyond", Assert.Throws<InputException>(() => DataPath.Parse("d[0:99999999999]").Resolve(5)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("a/b@train[2:5]", "a/b", "train", 2, 3)]
    [InlineData("a/b@train[-3:]", "a/b", "train", 7, 3)]
    [InlineData("a/b[:4]", "a/b", null, 0, 4)]
    [InlineData("a@b/c", "a@b/c", null, 0, 10)]
    [InlineData("../x.csv[1:-1]", "../x.csv", null, 1, 8)]
    public void Paths_splits_and_slices_are_read_as_Python_would(string text, string path, string? split, int start, int count)
    {
        var parsed = DataPath.Parse(text);
        Assert.Equal((path, split), (parsed.Path, parsed.Split));
        Assert.Equal((start, count), parsed.Resolve(10));
    }

    [Theory]
    [InlineData("x[5:5]", "empty")]
    [InlineData("x[5:2]", "reversed")]
    [InlineData("x[0:11]", "beyond")]
    [InlineData("x[-11:]", "beyond")]
    [InlineData("x[a:2]", "whole number")]
    [InlineData("x[1:2:3]", "[A:B]")]
    [InlineData("@train", "names no data")]
    public void A_bad_slice_gets_a_sentence(string text, string says)
        => Assert.Contains(says, Assert.Throws<InputException>(() => DataPath.Parse(text).Resolve(10)).Message, StringComparison.Ordinal);
}
