using Bif.Engine;

namespace Bif.Web;

/// <summary>What is asked about does not exist: the HTTP interface answers 404 with its sentence, a page shows it.</summary>
public sealed class MissingException(string message) : InputException(message)
{
    /// <summary>There is no such run.</summary>
    public static MissingException Run(Guid id) => new($"There is no run {id}: GET /api/v1/runs lists the newest.");

    /// <summary>The run is there, its query is not, or not yet.</summary>
    public static MissingException Ranking(int query, int queries)
        => new($"There is no ranking of query {query} in this run yet: it has the queries 0 to {queries - 1}, and scores come with the first draws.");

    /// <summary>The run is there, but not yet what it is about.</summary>
    public static MissingException Contents(Guid id) => new($"The run {id} is not prepared yet, so nothing is known of its items: wait for its first draws.");
}
