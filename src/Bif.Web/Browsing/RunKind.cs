using System.Text.Json;
using Bif.Data.Storage;
using Bif.Engine.Models;

namespace Bif.Web.Browsing;

/// <summary>What a run is about, as far as its record tells.</summary>
public static class RunKind
{
    /// <summary>Whether its items are texts.</summary>
    public static bool IsText(RunStatus run) => run.Record is { ValueKind: JsonValueKind.Object } record
        && record.TryGetProperty("model", out var model) && model.TryGetProperty("model_type", out var type) && type.GetString() is { } name && ArchitectureCatalog.IsLanguageModel(name);

    /// <summary>The page with its rankings.</summary>
    public static string AddressOfRankings(RunStatus run) => $"/runs/{run.Id}/{(IsText(run) ? "text" : "images")}";
}
