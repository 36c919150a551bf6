using Bif.Engine.Runs;
using Xunit;

namespace Bif.Web.Tests.Jobs;

/// <summary>What is said of a query's cost before it is asked.</summary>
[Collection("application")]
public sealed class QueryCostTests(RunningApplication running)
{
    [Fact]
    public void The_gradients_of_the_control_variate_are_counted_where_draws_are_kept_as_well()
    {
        var record = RunDirectory.Open(running.RunFolder).ReadRecord();
        record = record with { Timings = record.Timings! with { SamplingSeconds = 20, EstimatingSeconds = 14 } };
        var plain = QueryCost.Of(record with { Settings = record.Settings with { FirstOrderControl = false } }, 1);
        var controlled = QueryCost.Of(record with { Settings = record.Settings with { FirstOrderControl = true } }, 1);
        Assert.Equal(("kept", 7.0), (controlled.Way, controlled.Seconds - plain.Seconds));
        Assert.Contains($"about {controlled.Seconds:F0} s", controlled.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("gradients", plain.Sentence, StringComparison.Ordinal);

        // One draw in several has no first-order parts.
        var thinned = record with { Settings = record.Settings with { FirstOrderControl = true }, Kept = record.Kept! with { Every = 2 } };
        Assert.Equal(plain.Seconds, QueryCost.Of(thinned, 1).Seconds);
    }
}
