namespace Bif.Engine.Retraining;

/// <summary>Trains models of a bank and measures the queries. One object serves one thread.</summary>
internal interface IRetrainer
{
    /// <summary>How many models it likes to train at once.</summary>
    int AtOnce { get; }

    /// <summary>Trains models; returns the queries' losses [model][query], nats.</summary>
    /// <param name="models">At most <see cref="AtOnce"/> models, with equally many items each.</param>
    /// <param name="cancellation">Stops after an epoch, by an exception.</param>
    /// <exception cref="InputException">A training loss is not finite.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop: nothing is left of these models.</exception>
    float[][] QueryLosses(IReadOnlyList<RetrainedModel> models, CancellationToken cancellation);
}
