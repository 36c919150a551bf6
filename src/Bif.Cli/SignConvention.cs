namespace Bif.Cli;

/// <summary>What the sign of a score means; printed wherever scores are.</summary>
internal static class SignConvention
{
    /// <summary>One line, beside a table.</summary>
    public const string Line =
        "Score = posterior correlation of the two losses, -1 to 1: positive helps the query (proponent), negative harms it (opponent).";

    /// <summary>One line, beside a table of covariances.</summary>
    public const string BifLine =
        "Score = BIF, minus the covariance of the two losses in squared nats: negative helps the query (proponent), positive harms it (opponent).";

    /// <summary>One line, beside a table of a comparison method's scores.</summary>
    public static string LineOf(string method) => $"Score of {method}, in its own unit: negative helps the query (proponent), positive harms it (opponent).";

    /// <summary>The paragraph of help pages and exported files.</summary>
    public const string Text =
        "Scores: the posterior correlation of an item's loss with a query's loss over draws around the checkpoint,\n"
        + "from -1 to 1. Positive: giving the item more weight lowers the query's loss (helpful, a proponent).\n"
        + "Negative: it raises the query's loss (harmful, an opponent). The Bayesian influence function itself is\n"
        + "minus the covariance (in squared nats), so a proponent has a negative bif and a positive correlation.\n"
        + "It is the sensitivity of the posterior around this checkpoint, not the history of its training.";
}
