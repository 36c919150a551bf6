namespace Bif.Engine.Demo;

/// <summary>Where a demo lies.</summary>
/// <param name="Folder">The folder with everything.</param>
/// <param name="Train">Data path of the training items.</param>
/// <param name="Queries">Data path of the queries.</param>
/// <param name="Model">The model's folder.</param>
/// <param name="Truth">What is known about the data: planted copies and errors (<see cref="DemoTruth"/>) or words that are partners (<see cref="Evaluation.KnownPartners"/>).</param>
public sealed record DemoPaths(string Folder, string Train, string Queries, string Model, string Truth);
