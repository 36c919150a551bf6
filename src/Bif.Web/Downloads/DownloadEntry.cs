namespace Bif.Web.Downloads;

/// <summary>A download as a person sees it.</summary>
/// <param name="What">What was asked for: hf:OWNER/NAME or a data set's name.</param>
/// <param name="State">waiting, fetching, finished, failed or stopped; what is failed or stopped can be ordered again and goes on.</param>
/// <param name="Fraction">Share that is here, 0 to 1; null where the size is not known.</param>
/// <param name="Bytes">Bytes that are here.</param>
/// <param name="Message">What is going on, or why it ended.</param>
/// <param name="Paths">What to give as the model or the data, once it is finished.</param>
public sealed record DownloadEntry(string What, string State, double? Fraction, long Bytes, string? Message, IReadOnlyList<string> Paths)
{
    /// <summary>Whether it waits or is being fetched.</summary>
    public bool IsActive => State is "waiting" or "fetching";
}
