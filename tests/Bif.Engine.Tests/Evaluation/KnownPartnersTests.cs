using Bif.Engine.Evaluation;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Evaluation;

public sealed class KnownPartnersTests
{
    [Fact]
    public void Pairs_hold_in_both_directions()
    {
        var known = new KnownPartners([new("grey", "gray", "spelling"), new("grey", "gris", "translation")]).ByWord();
        Assert.Equal([("gray", "spelling"), ("gris", "translation")], known["grey"]);
        Assert.Equal([("grey", "translation")], known["gris"]);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"pairs\": []}")]
    [InlineData("{\"pairs\": null}")]
    [InlineData("{\"pairs\": [{\"word\": \"a\"}]}")]
    public void A_file_that_names_no_pairs_is_refused_by_name(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.At("partners.json"), text);
        var error = Assert.Throws<InputException>(() => KnownPartners.Read(folder.At("partners.json")));
        Assert.Contains(folder.At("partners.json"), error.Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => KnownPartners.Read(folder.At("nothing.json")));
    }

    [Fact]
    public void The_file_lies_beside_the_data() => Assert.Equal("/data/partners.json", KnownPartners.Beside("/data/train.tsv[0:40]"));
}
