namespace Bif.Engine.Downloads;

/// <summary>Where a download stands.</summary>
/// <param name="What">The name that was asked for.</param>
/// <param name="File">The file in work.</param>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Count">Number of files.</param>
/// <param name="Bytes">Bytes of all files that are here.</param>
/// <param name="TotalBytes">Bytes of all files, or null while some size is not known.</param>
/// <param name="Message">What is going on besides, or null.</param>
public sealed record DownloadProgress(string What, string File, int Number, int Count, long Bytes, long? TotalBytes, string? Message = null);

/// <summary>What a download brought.</summary>
/// <param name="What">The name that was asked for.</param>
/// <param name="Folder">Where it lies.</param>
/// <param name="IsModel">Whether it is a model rather than data.</param>
/// <param name="WasThere">Whether it had been fetched before.</param>
/// <param name="Bytes">Bytes that came over the network in this call.</param>
/// <param name="Paths">What to give as the model or the data: the folder, or its texts.</param>
public sealed record DownloadResult(string What, string Folder, bool IsModel, bool WasThere, long Bytes, IReadOnlyList<string> Paths);
