using System.Text.Json;
using Bif.Web.Browsing;
using Xunit;

namespace Bif.Web.Tests.Browsing;

public sealed class LossPictureTests
{
    [Fact]
    public void Nothing_is_drawn_before_the_first_draw() => Assert.Null(LossPicture.Of([[], []], 0.5));

    [Fact]
    public void A_row_for_each_chain_that_has_begun_and_a_line_at_the_checkpoint()
    {
        float[] losses = [.. Enumerable.Range(1, 20).Select(draw => (float)draw)];
        var picture = LossPicture.Of([losses, []], 0.25)!;
        Assert.Equal(new ChainLoss(1, 20, 1.5, 19.5), Assert.Single(picture.Chains));
        Assert.Contains("lately 19.5 to 19.5 nats over 1 chain, 0.25 at the checkpoint", picture.Summary, StringComparison.Ordinal);
        Assert.Equal(3, picture.Traces.Count);
    }

    [Fact]
    public void Long_chains_are_thinned_to_means_that_keep_the_mean()
    {
        float[] losses = [.. Enumerable.Range(0, 4000).Select(draw => draw % 7f)];
        var line = JsonSerializer.SerializeToElement(LossPicture.Of([losses], null)!.Traces[0]);
        var values = line.GetProperty("y").EnumerateArray().Select(value => value.GetDouble()).ToList();
        Assert.Equal(400, values.Count);
        Assert.Equal(losses.Average(), values.Average(), 4);
    }
}
