namespace Bif.Engine.Downloads;

/// <summary>A file to fetch.</summary>
/// <param name="Address">Where it is.</param>
/// <param name="Name">Its name in the folder that is written; never a path.</param>
/// <param name="Bytes">Its size where it is known beforehand.</param>
/// <param name="Checksum">What it must hash to; null only where its source states nothing.</param>
/// <param name="Members">For a .tar.gz: the files to take out of it, after which it is deleted; null: it is kept as it is.</param>
public sealed record RemoteFile(Uri Address, string Name, long? Bytes, Checksum? Checksum, IReadOnlyList<string>? Members = null);

/// <summary>What a name stands for: the files of one folder.</summary>
/// <param name="What">The name as it was asked for.</param>
/// <param name="Folder">The folder to write, below the root: one or two plain names.</param>
/// <param name="Source">Where it comes from and on what terms, in words.</param>
/// <param name="Files">Its files, in the order in which they are fetched.</param>
public sealed record DownloadPlan(string What, string Folder, string Source, IReadOnlyList<RemoteFile> Files);
