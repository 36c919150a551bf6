using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bif.Engine.Figures;

namespace Bif.Engine.Retraining;

/// <summary>A grid's folder: <c>grid.json</c>, <c>grid.csv</c>, and the figure as <c>grid.svg</c> and <c>grid.png</c>.</summary>
public static class GridFiles
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>The file that makes a folder a grid's.</summary>
    public static string FileOf(string folder) => Path.Combine(folder, "grid.json");

    /// <summary>Writes all of them.</summary>
    /// <returns>Why there is no PNG, in a sentence; null where there is one.</returns>
    public static string? Write(string folder, IReadOnlyList<GridCell> cells)
    {
        Directory.CreateDirectory(folder);
        Runs.RunDirectory.Replace(FileOf(folder), JsonSerializer.Serialize(cells, Json) + "\n");
        File.WriteAllLines(
            Path.Combine(folder, "grid.csv"),
            cells.Select(cell => string.Create(CultureInfo.InvariantCulture, $"{cell.Attribution},{cell.Retraining},{cell.Method},{cell.Lds},{cell.StandardError},{cell.Pipelines},{cell.Ceiling}"))
                .Prepend("attribution,retraining,method,lds,standard_error,pipelines,ceiling"));
        return FigureFiles.Write(folder, "grid", QualityFigure.Draw(cells));
    }

    /// <summary>Reads the cells.</summary>
    /// <exception cref="InputException">There is no grid, or its file is damaged.</exception>
    public static IReadOnlyList<GridCell> Read(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize<List<GridCell>>(File.ReadAllText(FileOf(folder)), Json) is { Count: > 0 } cells && !cells.Exists(cell => cell?.Method is null)
                ? cells
                : throw new JsonException("it has no cells");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new InputException($"{FileOf(folder)} is no grid ({error.Message}): make it again with bif grid.", error);
        }
    }
}
