using System.Text.Json;
using Bif.Engine.Runs;

namespace Bif.Engine.Demo;

/// <summary>A training item that is a copy, or nearly one, of a query.</summary>
/// <param name="Item">Index of the training item.</param>
/// <param name="Query">Index of the query.</param>
public sealed record PlantedCopy(int Item, int Query);

/// <summary>A training item whose label is wrong on purpose.</summary>
/// <param name="Item">Index of the training item.</param>
/// <param name="Label">The label in the data.</param>
/// <param name="TrueLabel">The class that the picture shows.</param>
public sealed record PlantedLabel(int Item, int Label, int TrueLabel);

/// <summary>What the demo's data hides (<c>truth.json</c>), so that what a run finds can be measured.</summary>
/// <param name="Seed">The seed that the data was drawn from.</param>
/// <param name="TrainCount">Training items.</param>
/// <param name="QueryCount">Queries.</param>
/// <param name="ClassNames">Names by label.</param>
/// <param name="ExactDuplicates">Training items equal to a query, pixel for pixel, with its label.</param>
/// <param name="NearDuplicates">Training items that show a query's picture moved, turned and lit a little differently.</param>
/// <param name="WrongLabels">Training items with a wrong label.</param>
public sealed record DemoTruth(
    ulong Seed,
    int TrainCount,
    int QueryCount,
    IReadOnlyList<string> ClassNames,
    IReadOnlyList<PlantedCopy> ExactDuplicates,
    IReadOnlyList<PlantedCopy> NearDuplicates,
    IReadOnlyList<PlantedLabel> WrongLabels)
{
    /// <summary>Reads the file.</summary>
    /// <exception cref="InputException">It is missing or damaged.</exception>
    public static DemoTruth Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<DemoTruth>(File.ReadAllText(file), RunRecord.Json)
                ?? throw new InputException($"{file} is empty: write the demo again into another folder.");
        }
        catch (Exception error) when (error is IOException or JsonException or UnauthorizedAccessException)
        {
            throw new InputException($"{file} cannot be read ({error.Message}): write the demo again into another folder.", error);
        }
    }

    /// <summary>Writes the file whole.</summary>
    internal void Write(string file) => RunDirectory.Replace(file, JsonSerializer.Serialize(this, RunRecord.Json) + "\n");
}
