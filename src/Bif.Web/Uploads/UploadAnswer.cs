using Bif.Web.Browsing;

namespace Bif.Web.Uploads;

/// <summary>What an upload brought.</summary>
/// <param name="Folder">Where it lies.</param>
/// <param name="Models">The models in it.</param>
/// <param name="Data">The data in it.</param>
public sealed record UploadAnswer(string Folder, IReadOnlyList<CatalogEntry> Models, IReadOnlyList<CatalogEntry> Data);
