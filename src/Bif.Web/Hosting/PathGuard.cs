using Bif.Engine;
using Bif.Engine.Data;

namespace Bif.Web.Hosting;

/// <summary>Confines the paths that people give to the configured roots, whatever links and dots they contain.</summary>
public sealed class PathGuard(BifOptions options)
{
    /// <summary>The real path of a file or folder under a root.</summary>
    /// <param name="path">Absolute, or relative to a root.</param>
    /// <exception cref="InputException">It is missing or lies elsewhere; both read the same, so that nothing can be probed.</exception>
    public string Resolve(string path)
    {
        // No file system knows such a name.
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            path = path.Replace('\0', '�');
        }

        foreach (var root in path.Length > 0 ? options.Roots : [])
        {
            var full = Path.GetFullPath(path, root);
            if (Real(full) is { } real && options.Roots.Select(Real).Any(each => each is not null && IsInside(real, each)))
            {
                return real;
            }
        }

        throw new InputException($"{path} is not there, or not under one of the folders that the operator allows (Bif:Roots).");
    }

    /// <summary>A data path (PATH[@SPLIT][[A:B]]) whose PATH is confined.</summary>
    /// <exception cref="InputException">As for <see cref="Resolve"/>.</exception>
    public string ResolveData(string text)
    {
        var parsed = DataPath.Parse(text);
        var slice = parsed.Start is null && parsed.End is null ? "" : $"[{parsed.Start}:{parsed.End}]";
        return Resolve(parsed.Path) + (parsed.Split is { } split ? $"@{split}" : "") + slice;
    }

    private static bool IsInside(string path, string root) => path == root || path.StartsWith(root.TrimEnd('/') + "/", StringComparison.Ordinal);

    // Each part of the path may be a link; null where something is missing.
    private static string? Real(string path)
    {
        var real = "/";
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(real, part);
            FileSystemInfo info = Directory.Exists(next) ? new DirectoryInfo(next) : new FileInfo(next);
            if (!info.Exists)
            {
                return null;
            }

            real = info.LinkTarget is null ? next : info.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? next;
        }

        return real;
    }
}
