using System.Text.Json;
using Bif.Engine.Runs;
using Bif.Engine.Training;

namespace Bif.Engine.Retraining;

/// <summary>The content of <c>bank.json</c>: what a bank of retrained losses holds and where it comes from.</summary>
public sealed record BankRecord
{
    /// <summary>Version of the folder's layout.</summary>
    public int FormatVersion { get; init; } = 1;

    /// <summary>SHA-256 (hex) of structure, recipe, data, queries, share and seed. Banks of one id hold the same losses.</summary>
    public required string Id { get; init; }

    /// <summary>Subsets, repeats and seed.</summary>
    public required BankSpec Spec { get; init; }

    /// <summary>n, the training items of which subsets are taken.</summary>
    public required int Items { get; init; }

    /// <summary>q, the items whose losses are measured.</summary>
    public required int Queries { get; init; }

    /// <summary>Architecture of the models.</summary>
    public required string ModelType { get; init; }

    /// <summary>How the models are trained.</summary>
    public required TrainingSpec Recipe { get; init; }

    /// <summary>Hash of the training items.</summary>
    public required string DataHash { get; init; }

    /// <summary>Hash of the queries.</summary>
    public required string QueriesHash { get; init; }

    /// <summary>Wall-clock seconds of training so far.</summary>
    public double Seconds { get; init; }

    /// <summary>The models that <see cref="Seconds"/> were spent on.</summary>
    public int Trained { get; init; }

    internal static BankRecord Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<BankRecord>(File.ReadAllText(file), RunRecord.Json) ?? throw new JsonException("it is empty");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new InputException($"{file} is no record of a bank of retrained losses ({error.Message}): restore it, or choose another --bank.", error);
        }
    }
}
