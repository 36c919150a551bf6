using Bif.Engine.Runs;

namespace Bif.Cli.Running;

/// <summary>A chain's position in words.</summary>
internal static class ChainLine
{
    /// <summary>Draws, rate, remaining time and loss on one line.</summary>
    public static string Of(ChainProgress chain) =>
        $"chain {chain.Chain + 1}: {chain.Draw}/{chain.Draws} draws, {Rate(chain)}, {Remaining(chain)} left, loss {chain.Loss:0.0000} nats";

    /// <summary>Draws per second.</summary>
    public static string Rate(ChainProgress chain) => $"{Quantity.Significant(chain.DrawsPerSecond)} draws/s";

    /// <summary>The time until the chain's last draw at its rate so far.</summary>
    public static string Remaining(ChainProgress chain) => chain.DrawsPerSecond > 0
        ? Quantity.Duration((chain.Draws - chain.Draw) / chain.DrawsPerSecond)
        : "?";
}
