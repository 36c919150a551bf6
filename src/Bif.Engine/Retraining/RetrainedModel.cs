namespace Bif.Engine.Retraining;

/// <summary>One model of a bank: what it is trained on, and the seed of its weights and order.</summary>
/// <param name="Subset">Index of the subset.</param>
/// <param name="Repeat">Index of the repeat.</param>
/// <param name="Items">The training items by rising index.</param>
/// <param name="Seed">Seed of weights, order and augmentation.</param>
public sealed record RetrainedModel(int Subset, int Repeat, int[] Items, ulong Seed);
