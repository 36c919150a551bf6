using System.Text.Json;
using Bif.Data.Storage;
using Xunit;

namespace Bif.Data.Tests;

public sealed class StoredJsonTests
{
    [Theory]
    [InlineData("a\0b", "a␀b")]
    [InlineData("\0\0", "␀␀")]
    [InlineData(@"a\u0000b", @"a\u0000b")]
    [InlineData("a\\\0b", "a\\␀b")]
    [InlineData("a\\\\\0\u0001\u007f", "a\\\\␀\u0001\u007f")]
    [InlineData("plain", "plain")]
    public void Only_the_character_nul_is_replaced_and_places_stay(string text, string stored)
    {
        var read = JsonSerializer.Deserialize<string>(StoredJson.Of(JsonSerializer.Serialize(text)));
        Assert.Equal(stored, read);
        Assert.Equal(text.Length, read!.Length);
    }
}
