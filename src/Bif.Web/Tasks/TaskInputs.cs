namespace Bif.Web.Tasks;

/// <summary>An order for a comparison method. Stored with the task: names and meaning stay.</summary>
/// <param name="Method">The method.</param>
public sealed record ComparisonInput(string Method);

/// <summary>An order to retrain without a set of items. Stored with the task: names and meaning stay.</summary>
/// <param name="Items">The items left out.</param>
/// <param name="What">The set in words.</param>
/// <param name="Repeats">Models with the items, and as many without.</param>
public sealed record RemovalInput(int[] Items, string What, int Repeats);

/// <summary>An order to measure how well the scores predict retraining. Stored with the task: names and meaning stay.</summary>
/// <param name="Subsets">Random halves of the training data.</param>
/// <param name="Repeats">Models per subset.</param>
public sealed record QualityInput(int Subsets, int Repeats);

/// <summary>An order to measure the first-order responses of a query's tokens. Stored with the task: names and meaning stay.</summary>
/// <param name="Query">The query's index in the run.</param>
/// <param name="DataPath">Where a query that was added lies; null for the run's own.</param>
/// <param name="First">The first token, by its number among the tokens of the folder that holds the query.</param>
/// <param name="Count">How many.</param>
/// <param name="What">The unit in words.</param>
public sealed record ResponseInput(int Query, string? DataPath, int First, int Count, string What);

/// <summary>An order to take the noise out of the scores of a query, or of a unit of it, as programs give it.</summary>
public sealed record NewResponse
{
    /// <summary>The query's index.</summary>
    public required int Query { get; init; }

    /// <summary>Number of the unit in the query; null for all of it.</summary>
    public int? Token { get; init; }

    /// <summary>What units are: token, word or sentence; null for token.</summary>
    public string? By { get; init; }
}

/// <summary>A set of a run's training items, as a person names it: one of the five.</summary>
public sealed record ItemChoice
{
    /// <summary>Numbers and ranges, as in 3,8,20-29.</summary>
    public string? Items { get; init; }

    /// <summary>A class, by its name or number.</summary>
    public string? Class { get; init; }

    /// <summary>The best proponents of this query.</summary>
    public int? TopOf { get; init; }

    /// <summary>True: the items with the largest self-influence, the suspected mislabels.</summary>
    public bool Suspects { get; init; }

    /// <summary>A cluster of items whose losses move together, by its number from 1, the largest first.</summary>
    public int? Cluster { get; init; }

    /// <summary>Into how many clusters the items are divided; null for 10.</summary>
    public int? Clusters { get; init; }

    /// <summary>How many proponents or suspects; null for 20.</summary>
    public int? Count { get; init; }
}

/// <summary>An order to retrain, as programs give it.</summary>
public sealed record NewRemoval
{
    /// <summary>What to leave out.</summary>
    public required ItemChoice Without { get; init; }

    /// <summary>Models with the items, and as many without, 2 to 50; null for 5.</summary>
    public int? Repeats { get; init; }
}

/// <summary>An order for comparison methods, as programs give it.</summary>
/// <param name="Methods">Their names.</param>
public sealed record NewComparison(IReadOnlyList<string> Methods);
