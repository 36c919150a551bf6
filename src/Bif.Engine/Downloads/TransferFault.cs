namespace Bif.Engine.Downloads;

/// <summary>Something that may go better at the next attempt.</summary>
internal sealed class TransferFault(string message, TimeSpan? retryAfter = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>How long the server asks to wait, or null.</summary>
    public TimeSpan? RetryAfter => retryAfter;
}
